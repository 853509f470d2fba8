# The stack of the recordings of provider cloudflare 5.14.0, with what they change as variables.
terraform {
  required_providers {
    cloudflare = { source = "cloudflare/cloudflare" }
    tls        = { source = "hashicorp/tls" }
  }
}
variable "zone_id" {}
variable "comment" { default = "managed" }
variable "content" { default = "192.0.2.10" }
variable "ttl" { default = 300 }
variable "tags" {
  type    = set(string)
  default = ["env:lab", "team:web"]
}
variable "proxied" { default = true }
variable "ssl" { default = "strict" }
variable "pulls" { default = true }
variable "validity" { default = 365 }
variable "hostnames" {
  type    = list(string)
  default = ["*.example.com", "example.com"]
}
data "cloudflare_ip_ranges" "all" {}
data "cloudflare_zone" "by_name" { filter = { name = "example.com" } }
data "cloudflare_zone" "by_id" { zone_id = var.zone_id }
data "cloudflare_zones" "all" { name = "example.com" }
data "cloudflare_origin_ca_certificate" "rsa" { certificate_id = cloudflare_origin_ca_certificate.rsa.id }
resource "tls_private_key" "rsa" { algorithm = "RSA" }
resource "tls_private_key" "ecc" {
  algorithm   = "ECDSA"
  ecdsa_curve = "P256"
}
resource "tls_cert_request" "rsa" {
  private_key_pem = tls_private_key.rsa.private_key_pem
  subject { common_name = "example.com" }
}
resource "tls_cert_request" "ecc" {
  private_key_pem = tls_private_key.ecc.private_key_pem
  subject { common_name = "example.com" }
}
resource "tls_self_signed_cert" "pull" {
  private_key_pem       = tls_private_key.ecc.private_key_pem
  validity_period_hours = 8760
  allowed_uses          = ["digital_signature", "client_auth"]
  subject { common_name = "origin-pull.example.com" }
}
resource "cloudflare_origin_ca_certificate" "rsa" {
  csr                = tls_cert_request.rsa.cert_request_pem
  hostnames          = var.hostnames
  request_type       = "origin-rsa"
  requested_validity = var.validity
}
resource "cloudflare_origin_ca_certificate" "ecc" {
  csr          = tls_cert_request.ecc.cert_request_pem
  hostnames    = ["example.com"]
  request_type = "origin-ecc"
}
resource "cloudflare_dns_record" "apex" {
  zone_id = data.cloudflare_zone.by_name.zone_id
  name    = "example.com"
  type    = "A"
  content = var.content
  ttl     = 1
  proxied = var.proxied
  comment = var.comment
}
resource "cloudflare_dns_record" "apex6" {
  zone_id = data.cloudflare_zone.by_name.zone_id
  name    = "example.com"
  type    = "AAAA"
  content = "2001:db8::10"
  ttl     = 1
  proxied = true
}
resource "cloudflare_dns_record" "www" {
  zone_id = data.cloudflare_zone.by_name.zone_id
  name    = "www.example.com"
  type    = "CNAME"
  content = "example.com"
  ttl     = 1
  proxied = true
  tags    = var.tags
}
resource "cloudflare_dns_record" "direct" {
  zone_id = data.cloudflare_zone.by_name.zone_id
  name    = "direct.example.com"
  type    = "A"
  content = "192.0.2.20"
  ttl     = var.ttl
}
resource "cloudflare_dns_record" "check" {
  zone_id = data.cloudflare_zone.by_name.zone_id
  name    = "_check.example.com"
  type    = "TXT"
  content = "\"v=lab1 hello\""
  ttl     = 1
}
resource "cloudflare_zone_setting" "ssl" {
  zone_id    = data.cloudflare_zone.by_name.zone_id
  setting_id = "ssl"
  value      = var.ssl
}
resource "cloudflare_zone_setting" "min_tls_version" {
  zone_id    = data.cloudflare_zone.by_name.zone_id
  setting_id = "min_tls_version"
  value      = "1.2"
}
resource "cloudflare_zone_setting" "always_use_https" {
  zone_id    = data.cloudflare_zone.by_name.zone_id
  setting_id = "always_use_https"
  value      = "on"
}
resource "cloudflare_authenticated_origin_pulls_certificate" "pull" {
  zone_id     = data.cloudflare_zone.by_name.zone_id
  certificate = tls_self_signed_cert.pull.cert_pem
  private_key = tls_private_key.ecc.private_key_pem
}
resource "cloudflare_authenticated_origin_pulls_settings" "pull" {
  zone_id    = data.cloudflare_zone.by_name.zone_id
  enabled    = var.pulls
  depends_on = [cloudflare_authenticated_origin_pulls_certificate.pull]
}
