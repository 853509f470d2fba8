export const LOAD_BALANCER = '10.0.1.11';
export const WEB_SERVER = '10.0.2.11';

/** Bash, as root in a network and a mount namespace: here is the web server, in the namespace `lb` the load balancer. They end with the script. */
export const TWO_HOSTS = `
set -eu
mount -t tmpfs run /run
ip netns add lb
ip link add to-lb type veth peer name to-web netns lb
ip address add ${WEB_SERVER} peer ${LOAD_BALANCER} dev to-lb
ip link set to-lb up
ip -n lb address add ${LOAD_BALANCER} peer ${WEB_SERVER} dev to-web
ip -n lb link set to-web up`;
