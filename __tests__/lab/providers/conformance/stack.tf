# The stack of the recordings of provider hcloud 1.68.0, with what they change as variables.
terraform {
  required_providers {
    hcloud = { source = "hetznercloud/hcloud" }
  }
}
variable "rev" { default = "v1" }
variable "ssh_sources" {
  type    = list(string)
  default = ["203.0.113.0/24"]
}
variable "type" { default = "cx23" }
variable "alias_ips" {
  type    = list(string)
  default = []
}
variable "gateway" { default = "10.0.1.10" }
variable "holder" { default = "lb1" }
variable "size" { default = 10 }
provider "hcloud" {
  poll_interval = "100ms"
  poll_function = "constant"
}
locals { labels = { env = "lab" } }
data "hcloud_server_types" "all" {}
data "hcloud_location" "fsn1" { name = "fsn1" }
data "hcloud_server_type" "t" { name = "cx23" }
data "hcloud_image" "debian" {
  name              = "debian-13"
  with_architecture = "x86"
  most_recent       = true
}
data "hcloud_locations" "all" {}
data "hcloud_floating_ip" "by" {
  with_selector = "role=vip"
  depends_on    = [hcloud_floating_ip.vip]
}
resource "hcloud_volume" "data" {
  name     = "data"
  size     = var.size
  location = "fsn1"
  format   = "ext4"
  labels   = local.labels
}
resource "hcloud_floating_ip" "vip" {
  type          = "ipv4"
  home_location = "fsn1"
  description   = "service address"
  name          = "vip"
  labels        = { role = "vip" }
}
resource "hcloud_ssh_key" "ops" {
  name       = "ops"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvt4XLrmfhX2+Wn/Ex+/iyzJCXiZ2CkqYGhUFplqUaf"
  labels     = local.labels
}
resource "hcloud_primary_ip" "bastion" {
  name        = "bastion-v4"
  type        = "ipv4"
  location    = "fsn1"
  auto_delete = false
  labels      = local.labels
}
resource "hcloud_placement_group" "pg" {
  name   = "pg"
  type   = "spread"
  labels = local.labels
}
resource "hcloud_network" "net" {
  name     = "net"
  ip_range = "10.0.0.0/16"
  labels   = local.labels
}
resource "hcloud_firewall" "bysel" {
  name = "bysel"
  rule {
    direction  = "in"
    protocol   = "udp"
    port       = "51820-51821"
    source_ips = ["0.0.0.0/0"]
  }
  apply_to { label_selector = "role=lb,env in (lab)" }
}
resource "hcloud_firewall" "edge" {
  name = "edge"
  rule {
    direction   = "in"
    protocol    = "tcp"
    port        = "22"
    source_ips  = var.ssh_sources
    description = "ssh"
  }
  rule {
    direction  = "in"
    protocol   = "tcp"
    port       = "443"
    source_ips = ["0.0.0.0/0", "::/0"]
  }
  rule {
    direction  = "in"
    protocol   = "icmp"
    source_ips = ["0.0.0.0/0", "::/0"]
  }
}
resource "hcloud_rdns" "vip" {
  floating_ip_id = hcloud_floating_ip.vip.id
  ip_address     = hcloud_floating_ip.vip.ip_address
  dns_ptr        = "vip.example.com"
}
resource "hcloud_network_subnet" "sub" {
  network_id   = hcloud_network.net.id
  type         = "cloud"
  network_zone = "eu-central"
  ip_range     = "10.0.1.0/24"
}
resource "hcloud_server" "bastion" {
  name        = "bastion"
  server_type = "cx23"
  image       = "debian-13"
  location    = "fsn1"
  labels      = { env = "lab", role = "bastion" }
  public_net {
    ipv4         = hcloud_primary_ip.bastion.id
    ipv6_enabled = true
  }
}
resource "hcloud_server_network" "bastion" {
  server_id = hcloud_server.bastion.id
  subnet_id = hcloud_network_subnet.sub.id
  ip        = "10.0.1.30"
}
resource "hcloud_server" "db1" {
  name        = "db1"
  server_type = "cx23"
  image       = data.hcloud_image.debian.id
  location    = "fsn1"
  ssh_keys    = ["ops"]
  labels      = { env = "lab", role = "db" }
  public_net {
    ipv4_enabled = false
    ipv6_enabled = false
  }
  network {
    network_id = hcloud_network.net.id
    ip         = "10.0.1.20"
  }
  depends_on = [hcloud_network_subnet.sub, hcloud_ssh_key.ops]
}
resource "hcloud_server" "lb" {
  for_each                   = { lb1 = "10.0.1.10", lb2 = "10.0.1.11" }
  name                       = each.key
  server_type                = each.key == "lb1" ? var.type : "cx23"
  image                      = "debian-13"
  location                   = "fsn1"
  ssh_keys                   = [hcloud_ssh_key.ops.id]
  user_data                  = "#cloud-config\npackages: [haproxy]\n"
  labels                     = { env = "lab", role = "lb", rev = each.key == "lb1" ? var.rev : "v1" }
  firewall_ids               = [hcloud_firewall.edge.id]
  placement_group_id         = hcloud_placement_group.pg.id
  ignore_remote_firewall_ids = true
  public_net {
    ipv4_enabled = true
    ipv6_enabled = false
  }
  network {
    network_id = hcloud_network.net.id
    ip         = each.value
    alias_ips  = each.key == "lb1" ? var.alias_ips : []
  }
  depends_on = [hcloud_network_subnet.sub]
}
resource "hcloud_volume_attachment" "data" {
  volume_id = hcloud_volume.data.id
  server_id = hcloud_server.db1.id
}
resource "hcloud_rdns" "lb1" {
  server_id  = hcloud_server.lb["lb1"].id
  ip_address = hcloud_server.lb["lb1"].ipv4_address
  dns_ptr    = "lb1.example.com"
}
resource "hcloud_floating_ip_assignment" "vip" {
  floating_ip_id = hcloud_floating_ip.vip.id
  server_id      = hcloud_server.lb[var.holder].id
}
resource "hcloud_network_route" "egress" {
  network_id  = hcloud_network.net.id
  destination = "0.0.0.0/0"
  gateway     = var.gateway
  depends_on  = [hcloud_server.lb]
}
output "image" { value = data.hcloud_image.debian.id }
