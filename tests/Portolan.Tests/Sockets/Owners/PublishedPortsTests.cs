using Portolan.Model;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class PublishedPortsTests
{
    [Theory]
    [InlineData(
        "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80", "0.0.0.0", 8080,
        "172.17.0.2", 80)]
    [InlineData(
        "docker-proxy -container-ip 172.17.0.2 -container-port 80 -host-ip :: -host-port 8080 -proto tcp -use-listen-fd", "::", 8080,
        "172.17.0.2", 80)]
    [InlineData(
        "/usr/libexec/docker/docker-proxy --proto=tcp --host-ip=127.0.0.1 --host-port=1 --container-ip=fd00::2 --container-port=65535",
        "127.0.0.1", 1, "fd00::2", 65535)]
    public void Docker_proxy_says_all(string commandLine, string hostAddress, int hostPort, string containerAddress, int containerPort)
    {
        var port = Assert.Single(PublishedPorts.Parse(commandLine.Split(' ')));

        Assert.Equal(
            new PublishedPort(
                "docker", TransportProtocol.Tcp, Address(hostAddress), Range(hostPort), Address(containerAddress), Port(containerPort)),
                port);
    }

    [Theory]
    [InlineData("docker-proxy")]
    [InlineData("docker-proxy -proto tcp -host-port 8080")]
    [InlineData("docker-proxy -proto icmp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80")]
    [InlineData("docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 70000 -container-ip 172.17.0.2 -container-port 80")]
    [InlineData("docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip web -container-port 80")]
    [InlineData("docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port")]
    [InlineData("nginx -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80")]
    public void What_is_not_whole_is_not_taken(string commandLine)
    {
        Assert.Empty(PublishedPorts.Parse(commandLine.Split(' ')));
    }

    [Fact]
    public void Pasta_says_all_but_the_containers_address()
    {
        var ports = PublishedPorts.Parse(
            "/usr/bin/pasta --config-net -t 8080-8082:80-82 -t 192.0.2.1/9000-9000:90-90 -u [::1]/53-53:5353-5353 -T none -U none --netns /run/user/1000/netns/netns-1".Split(' '));

        Assert.Equal(
            [
                new PublishedPort("podman", TransportProtocol.Tcp, null, new PortRange(Port(8080), Port(8082)), null, Port(80)),
                new PublishedPort("podman", TransportProtocol.Tcp, Address("192.0.2.1"), Range(9000), null, Port(90)),
                new PublishedPort("podman", TransportProtocol.Udp, Address("::1"), Range(53), null, Port(5353)),
            ],
            ports);
    }

    [Theory]
    [InlineData("pasta")]
    [InlineData("pasta.avx2")]
    [InlineData("/usr/bin/pasta.avx512")]
    public void Pasta_is_known_whatever_build_of_it_runs(string program) =>
        Assert.Single(PublishedPorts.Parse($"{program} -t 8080-8080:80-80".Split(' ')));

    [Theory]
    [InlineData("passt.avx2", "/usr/bin/pasta", true)]
    [InlineData("passt.avx512", "/usr/bin/pasta", true)]
    [InlineData("pasta.avx2", "pasta", true)]
    [InlineData("passt.avx2", null, true)]
    [InlineData("passt.avx2", "/usr/bin/passt", false)]
    [InlineData("pastafari", "pastafari", false)]
    public void A_build_of_passt_is_a_proxy_unless_it_serves_a_virtual_machine(string name, string? started, bool isProxy)
    {
        var process = new ProcessInfo(7, 1)
        {
            Name = name,
            ExecutablePath = started is null ? null : $"/usr/bin/{name}",
            CommandLine = started is null ? null : [started, "-t", "8080"],
        };

        Assert.Equal(isProxy ? new EngineProgram("podman", EngineRole.Proxy) : null, EngineProgram.Of(process));
    }

    [Theory]
    [InlineData("pasta -t none")]
    [InlineData("pasta -t auto")]
    [InlineData("pasta -t ~80")]
    [InlineData("pasta -t 90-80")]
    [InlineData("pasta -t")]
    [InlineData("pasta -t nowhere/80")]
    public void Words_and_exclusions_of_pasta_publish_nothing(string commandLine)
    {
        Assert.Empty(PublishedPorts.Parse(commandLine.Split(' ')));
    }

    [Fact]
    public void A_range_keeps_its_order()
    {
        var port = new PublishedPort("podman", TransportProtocol.Tcp, null, new PortRange(Port(8080), Port(8082)), null, Port(65534));

        Assert.Equal(Port(65534), port.ContainerPort(Port(8080)));
        Assert.Equal(Port(65535), port.ContainerPort(Port(8081)));
        Assert.Null(port.ContainerPort(Port(8082)));
        Assert.Null(port.ContainerPort(Port(8079)));
        Assert.Null(port.ContainerPort(Port(9000)));
    }

    [Theory]
    [InlineData("/usr/bin/rootlessport")]
    [InlineData("slirp4netns --mtu=65520 -c -r 3")]
    [InlineData("rootlesskit --net=slirp4netns")]
    public void Programs_that_are_told_their_ports_later_say_nothing(string commandLine) =>
        Assert.Empty(PublishedPorts.Parse(commandLine.Split(' ')));

    [Fact]
    public void A_hidden_command_line_publishes_nothing()
    {
        Assert.Empty(PublishedPorts.Parse(null));
    }

    private static InternetAddress Address(string text)
    {
        Assert.True(InternetAddress.TryParse(text, out var address));
        return address;
    }

    private static PortNumber Port(int port) => new((ushort)port);

    private static PortRange Range(int port) => new(Port(port), Port(port));
}
