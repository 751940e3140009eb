using System.Text;
using Portolan.Model;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Owners;

/// <summary>Against a server on a Unix socket that the test starts.</summary>
public sealed class RuntimeContainersTests : IDisposable
{
    private const string List =
        """
        [{"Id":"aaa","Names":["/web"],"Image":"nginx","Labels":{"a":"b"},"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"PrivatePort":443,"Type":"tcp"}],
          "NetworkSettings":{"Networks":{"bridge":{"IPAMConfig":null,"IPAddress":"172.17.0.2","GlobalIPv6Address":""}}}},
         {"Id":"bbb","Names":["/db","/web/db"],"Ports":[{"IP":"::","PrivatePort":53,"PublicPort":8080,"Type":"udp"}],"Mounts":[{"x":[1,2,{"y":null}]}]}]
        """;

    /// <summary>An engine of this user: its socket is served by a process of this user.</summary>
    private static readonly uint Me = Portolan.Linux.Proc.EffectiveUser.Id;

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-sock-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Names_and_published_ports_come_from_one_question()
    {
        using var server = new UnixServer(Path.Combine(_folder, "s"), $"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{List}");
        var containers = Ask(server.SocketPath);

        Assert.Equal("web", containers.Name(new ContainerInfo("aaa", "docker", null, null) { EngineUser = Me }));
        Assert.Equal("db", containers.Name(new ContainerInfo("bbb", "docker", null, null) { EngineUser = Me }));
        Assert.Null(containers.Name(new ContainerInfo("ccc", "docker", null, null) { EngineUser = Me }));
        Assert.Equal(
            new ContainerInfo("aaa", "docker", "web", null) { EngineUser = Me, Image = "nginx" },
            containers.Publisher(Port(TransportProtocol.Tcp, 8080, "172.17.0.2"), Me));
        Assert.Equal("bbb", containers.Publisher(Port(TransportProtocol.Udp, 8080, "172.17.0.3"), Me)?.Id);
        Assert.Null(containers.Publisher(Port(TransportProtocol.Tcp, 8080, "172.17.0.9"), Me));
        Assert.Null(containers.Publisher(Port(TransportProtocol.Tcp, 443, "172.17.0.2"), Me));
        Assert.Equal(["GET /containers/json HTTP/1.0"], server.Requests);
    }

    [Theory]
    [InlineData("HTTP/1.0 404 Not Found\r\n\r\n[]")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nnot json")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n[{\"Id\":5,\"Names\":7,\"Ports\":{},\"NetworkSettings\":[]}")]
    [InlineData("HTTP/1.0 200 OK\r\n")]
    [InlineData("")]
    public void A_bad_answer_names_nobody(string answer)
    {
        using var server = new UnixServer(Path.Combine(_folder, "s"), answer);

        Assert.Null(Ask(server.SocketPath).Name(new ContainerInfo("aaa", "docker", null, null) { EngineUser = Me }));
    }

    [Fact]
    public void A_server_that_says_nothing_costs_no_more_than_the_budget()
    {
        using var server = new UnixServer(Path.Combine(_folder, "s"), answer: null);
        var containers = new RuntimeContainers(
            new EngineClient(_ => [server.SocketPath], TimeProvider.System, mayRunPodman: false), TimeSpan.FromMilliseconds(50),
            RuntimeContainers.UsualForAll, TimeProvider.System);
        var started = TimeProvider.System.GetTimestamp();

        Assert.Null(containers.Name(new ContainerInfo("aaa", "docker", null, null) { EngineUser = Me }));

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromMilliseconds(40), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void An_engine_that_is_slow_under_load_is_heard()
    {
        var clock = new SteppedTime();
        using var server = new UnixServer(
            Path.Combine(_folder, "s"), $"HTTP/1.0 200 OK\r\n\r\n{List}", () => clock.Advance(TimeSpan.FromSeconds(1.5)));
        var containers = new RuntimeContainers(
            new EngineClient(_ => [server.SocketPath], clock, mayRunPodman: false), RuntimeContainers.Usual, RuntimeContainers.UsualForAll,
            clock);

        Assert.Equal("web", containers.Name(new ContainerInfo("aaa", "docker", null, null) { EngineUser = Me }));
    }

    /// <summary>The second engine is asked when all of the time is gone.</summary>
    [Theory]
    [InlineData(150, "web")]
    [InlineData(1000, null)]
    public void Engines_that_do_not_answer_leave_others_little_time_but_some(int milliseconds, string? name)
    {
        var clock = new SteppedTime();
        using var silent = new UnixServer(Path.Combine(_folder, "a"), "x", () => clock.Advance(TimeSpan.FromSeconds(9)));
        using var second = new UnixServer(
            Path.Combine(_folder, "b"), $"HTTP/1.0 200 OK\r\n\r\n{List}", () => clock.Advance(TimeSpan.FromMilliseconds(milliseconds)));
        var containers = new RuntimeContainers(
            new EngineClient(engine => [engine.Runtime == "docker" ? silent.SocketPath : second.SocketPath], clock, mayRunPodman: false),
            RuntimeContainers.Usual, RuntimeContainers.UsualForAll, clock);

        Assert.Null(containers.Name(new ContainerInfo("aaa", "docker", null, null) { EngineUser = Me }));
        Assert.Equal(name, containers.Name(new ContainerInfo("aaa", "podman", null, null) { EngineUser = Me }));
    }

    [Fact]
    public void No_socket_is_no_answer()
    {
        Assert.Null(Ask(Path.Combine(_folder, "missing")).Name(new ContainerInfo("aaa", "docker", null, null) { EngineUser = Me }));
        Assert.Null(Ask("/" + new string('x', 300)).Name(new ContainerInfo("aaa", "docker", null, null) { EngineUser = Me }));
    }

    [Fact]
    public void A_socket_that_another_user_serves_is_not_believed()
    {
        using var server = new UnixServer(Path.Combine(_folder, "s"), $"HTTP/1.0 200 OK\r\n\r\n{List}");

        Assert.Null(Ask(server.SocketPath).Name(new ContainerInfo("aaa", "docker", null, null) { EngineUser = Me + 1 }));
        Assert.Null(Ask(server.SocketPath).Publisher(Port(TransportProtocol.Tcp, 8080, "172.17.0.2"), Me + 1));
        Assert.All(server.Requests, static request => Assert.Equal("", request));
    }

    [Theory]
    [InlineData("0.0.0.0:8083->80/tcp", "8083")]
    [InlineData("127.0.0.1:9000-9002->90-92/tcp, 0.0.0.0:53->5353/udp", "9000 9001 9002 53/udp")]
    [InlineData("[::1]:7->7/tcp", "7")]
    [InlineData("80/tcp, 443/tcp", "")]
    [InlineData("", "")]
    [InlineData("0.0.0.0:99999->80/tcp, :->/tcp, ->, 1->", "")]
    public void Podmans_own_list_is_read_by_line(string ports, string expected)
    {
        var id = new string('a', 64);

        var container = Assert.Single(RuntimeContainer.ParseLines($"junk\n{id}\t4112\tweb,alias\t{ports}\nshort\t1\tx\t\n"));

        Assert.Equal((id, 4112, "web"), (container.Id, container.FirstProcess, container.Name));
        Assert.Equal(
            expected,
            string.Join(
                ' ', container.Ports.Select(p => p.Protocol == TransportProtocol.Tcp ? $"{p.Port}" : $"{p.Port}/{p.Protocol.Name()}")));
    }

    [Fact]
    public void The_unit_that_a_container_is_to_belong_to_stands_in_its_label()
    {
        var id = new string('a', 64);

        Assert.Equal("web.service", Assert.Single(RuntimeContainer.ParseLines($"{id}\t1\tweb\t\tweb.service\n")).Unit);
        Assert.Null(Assert.Single(RuntimeContainer.ParseLines($"{id}\t1\tweb\t\t\n")).Unit);
        var listed = RuntimeContainer.ParseList(
            """
            [{"Id":"x","Labels":{"a":{"b":1},"PODMAN_SYSTEMD_UNIT":"web.service","z":null}},{"Id":"y","Labels":null}]
            """u8);
        Assert.Equal([("x", "web.service"), ("y", null)], listed.Select(c => (c.Id, c.Unit)));
    }

    [Fact]
    public void A_port_is_a_containers_only_at_the_addresses_where_it_is_published()
    {
        var listed = RuntimeContainer.ParseList(
            "[{\"Id\":\"x\",\"Ports\":[{\"IP\":\"127.0.0.1\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"}]}]"u8);

        Assert.Equal("x", Publisher("127.0.0.1"));
        Assert.Null(Publisher("192.0.2.1"));
        Assert.Null(Publisher("0.0.0.0"));

        string? Publisher(string address)
        {
            Assert.True(InternetAddress.TryParse(address, out var at));
            var port = new PortNumber(8080);
            return RuntimeContainer.Publisher(
                listed, new PublishedPort("docker", TransportProtocol.Tcp, at, new PortRange(port, port), null, port), 0)?.Id;
        }
    }

    [Fact]
    public void System_containers_are_named_by_their_ids()
    {
        Assert.Equal("web", Ask(Path.Combine(_folder, "missing")).Name(new ContainerInfo("web", "lxc", null, null)));
    }

    [Fact]
    public void Hostile_answers_never_throw()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        var good = Encoding.UTF8.GetBytes(List);
        for (var round = 0; round < 5000; round++)
        {
            var bytes = (byte[])good.Clone();
            for (var change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"[]{}\",:0"[random.Next(8)];
            }

            try
            {
                RuntimeContainer.ParseList(bytes.AsSpan(0, random.Next(bytes.Length)));
                UnixHttp.Body(bytes);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {Seed}, round {round}: {e}");
            }
        }
    }

    private static RuntimeContainers Ask(
        string socketPath) =>
            new(
                new EngineClient(engine => engine.Runtime == "docker" ? [socketPath] : [], TimeProvider.System, mayRunPodman: false),
                TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), TimeProvider.System);

    private static PublishedPort Port(TransportProtocol protocol, int port, string address)
    {
        Assert.True(InternetAddress.TryParse(address, out var container));
        var number = new PortNumber((ushort)port);
        return new PublishedPort("docker", protocol, null, new PortRange(number, number), container, number);
    }
}
