"""What a user of Hetzner's Python library does, from an empty project back to an empty one."""

import os

from hcloud import APIException, Client
from hcloud.firewalls import FirewallResource, FirewallRule
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.networks import NetworkRoute, NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers import ServerCreatePublicNetwork

client = Client(token=os.environ["TOKEN"], api_endpoint=os.environ["ENDPOINT"], poll_interval=0.05)
fsn1 = Location(name="fsn1")


def finish(*actions):
    for action in actions:
        action.wait_until_finished(100)


def create_shared_parts():
    key = client.ssh_keys.create("ops", os.environ["PUBLIC_KEY"], labels={"env": "lab"})
    network = client.networks.create("net", "10.0.0.0/16")
    finish(network.add_subnet(NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.1.0/24")))
    finish(network.add_route(NetworkRoute(destination="0.0.0.0/0", gateway="10.0.1.10")))
    group = client.placement_groups.create("lb", "spread").placement_group
    rule = FirewallRule(direction="in", protocol="tcp", port="443", source_ips=["0.0.0.0/0", "::/0"])
    firewall = client.firewalls.create("edge", rules=[rule])
    finish(*firewall.actions)
    return key, network, group, firewall.firewall


def create_server(name, key, group, firewall):
    answer = client.servers.create(
        name, ServerType(name="cx23"), Image(name="debian-13"), location=fsn1, ssh_keys=[key],
        placement_group=group, firewalls=[firewall], user_data="#cloud-config\n", labels={"role": "lb"},
    )
    finish(answer.action, *answer.next_actions)
    return client.servers.get_by_name(name)


def list_everything():
    for kind in (
        client.servers, client.networks, client.floating_ips, client.primary_ips, client.firewalls, client.volumes,
        client.placement_groups, client.ssh_keys, client.images, client.server_types, client.locations,
    ):
        for item in kind.get_all():
            assert kind.get_by_id(item.id).id == item.id, item


def use_floating_ip(one, other):
    answer = client.floating_ips.create("ipv4", home_location=fsn1, name="vip", labels={"role": "vip"})
    vip = answer.floating_ip
    finish(vip.assign(one))
    assert client.floating_ips.get_by_name("vip").server.id == one.id
    finish(vip.assign(other))
    assert client.floating_ips.get_all(label_selector="role=vip")[0].server.id == other.id
    finish(vip.change_dns_ptr(vip.ip, "vip.example.com"))
    finish(vip.unassign())
    return vip


def use_volume(server):
    answer = client.volumes.create(10, "data", location=fsn1, format="ext4")
    finish(answer.action, *answer.next_actions)
    volume = answer.volume
    finish(volume.attach(server))
    assert [each.id for each in client.servers.get_by_id(server.id).volumes] == [volume.id]
    finish(volume.detach())
    finish(volume.resize(20))
    return volume


def use_server(server, network):
    finish(server.attach_to_network(network, ip="10.0.1.11"))
    finish(server.change_alias_ips(network, ["10.0.1.10"]))
    assert client.servers.get_by_id(server.id).private_net[0].alias_ips == ["10.0.1.10"]
    server.update(labels={"role": "lb", "env": "lab"})
    assert client.servers.get_all(label_selector="env=lab,role in (lb)")[0].id == server.id
    finish(server.power_off())
    assert client.servers.get_by_id(server.id).status == "off"
    finish(server.change_type(ServerType(name="cx33"), upgrade_disk=False))
    finish(server.shutdown(), server.reboot(), server.reset())
    assert server.get_actions()
    finish(server.detach_from_network(network))


def refusals(server, firewall):
    for code, provoke in (
        ("uniqueness_error", lambda: client.networks.create("net", "10.0.0.0/16")),
        ("invalid_input", lambda: client.servers.get_all(label_selector="role=(")),
        ("resource_in_use", firewall.delete),
        ("server_not_stopped", lambda: server.change_type(ServerType(name="cx33"), upgrade_disk=False)),
        ("not_found", lambda: client.servers.get_by_id(1)),
    ):
        try:
            provoke()
        except APIException as refusal:
            assert refusal.code == code, (refusal.code, code)
        else:
            raise AssertionError(f"{code} was expected")


key, network, group, firewall = create_shared_parts()
lb1 = create_server("lb-1", key, group, firewall)
lb2 = create_server("lb-2", key, group, firewall)
private = client.servers.create(
    "web-1", ServerType(name="cx23"), Image(name="debian-13"), location=fsn1, networks=[network],
    public_net=ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=False),
)
finish(private.action, *private.next_actions)
vip = use_floating_ip(lb1, lb2)
volume = use_volume(lb1)
use_server(lb1, network)
list_everything()
refusals(lb1, firewall)
finish(*firewall.remove_from_resources([FirewallResource("server", server=lb1)]))
finish(*(server.delete() for server in (lb1, lb2, private.server)))
for item in (vip, volume, firewall, group, network, key):
    assert item.delete() is True
assert client.servers.get_all() == []
print("all well")
