using Portolan.Model;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class ContainerResolverTests : IDisposable
{
    private const string Id = "3f4c0d8a9b7e6f5d4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a29180f7e6d5";
    private const string Other = "0a0a0d8a9b7e6f5d4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a29180f7e6d5";
    private const string FibTrie =
        "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 172.17.0.0/16 2 0 2\n"
        + "        |-- 172.17.0.0\n           /16 link UNICAST\n        |-- 172.17.0.2\n           /32 host LOCAL\n        |-- "
        + "172.17.255.255\n           /32 link BROADCAST\n";

    private readonly ProcRecording _proc = new ProcRecording()
        .Add(1, "init", parent: 0)
        .Add(
            50, "docker-proxy", exe: "/usr/bin/docker-proxy",
            cmdline: "/usr/bin/docker-proxy\0-proto\0tcp\0-host-ip\00.0.0.0\0-host-port\08080\0-container-ip\0172.17.0.2\0-container-port\080\0")
        .Add(
            51, "docker-proxy", exe: "/usr/bin/docker-proxy",
            cmdline: "docker-proxy\0-proto\0tcp\0-host-ip\0::\0-host-port\08080\0-container-ip\0fd00::2\0-container-port\080\0")
        .Add(
            52, "docker-proxy", exe: "/usr/bin/docker-proxy",
            cmdline: "docker-proxy\0-proto\0tcp\0-host-ip\00.0.0.0\0-host-port\09\0-container-ip\0172.17.0.9\0-container-port\09\0")
        .Add(60, "nginx", cgroup: $"0::/system.slice/docker-{Id}.scope\n");

    public ContainerResolverTests()
    {
        var net = Directory.CreateDirectory(Path.Combine(_proc.Root, "60", "net")).FullName;
        File.WriteAllText(Path.Combine(net, "fib_trie"), FibTrie);
        File.WriteAllText(
            Path.Combine(net, "if_inet6"),
            "00000000000000000000000000000001 01 80 10 80       lo\nfd000000000000000000000000000002 04 40 00 80     eth0\nzz\n");
    }

    public void Dispose() => _proc.Dispose();

    [Theory]
    [InlineData(50)]
    [InlineData(51)]
    public void A_proxy_leads_to_the_container_with_that_address(int pid)
    {
        Assert.Equal(new ContainerInfo(Id, "docker", null, null) { Grade = NameGrade.Confirmed }, ServedBy(pid, null));
    }

    [Fact]
    public void The_runtime_is_asked_first()
    {
        var named = new ContainerInfo("other", "docker", "web", null);

        Assert.Equal(named with { Grade = NameGrade.Confirmed }, ServedBy(50, new FixedNames(named, null)));
    }

    [Fact]
    public void The_name_is_added_where_the_runtime_knows_the_container_but_not_the_port()
    {
        Assert.Equal("web", ServedBy(50, new FixedNames(null, "web"))?.Name);
    }

    [Fact]
    public void An_address_that_no_container_has_leads_nowhere()
    {
        Assert.Null(ServedBy(52, null));
    }

    [Theory]
    [InlineData("/usr/bin/docker-proxy", 0u, true, NameGrade.Confirmed)]
    [InlineData("/usr/bin/docker-proxy (deleted)", 0u, true, NameGrade.Confirmed)]
    [InlineData("/home/eve/docker-proxy", 1000u, true, NameGrade.Claimed)]
    [InlineData("/usr/bin/nc.openbsd", 1000u, false, NameGrade.Claimed)]
    [InlineData("/usr/bin/sudo", 0u, false, NameGrade.Claimed)]
    public void What_a_process_calls_itself_counts_only_as_far_as_its_program_file_says_the_same(
        string file, uint user, bool publishes, NameGrade grade)
    {
        using var reader = new ProcessReader(_proc.Root);
        var process = reader.Read(50, ProcessFields.Document)! with { ExecutablePath = file, UserId = user };

        var container = new ContainerResolver(reader, null).ServedBy(process);

        Assert.Equal(publishes, container is not null);
        Assert.Equal(grade, container?.Grade ?? NameGrade.Claimed);
    }

    [Fact]
    public void A_monitor_names_its_container_itself()
    {
        _proc.Add(70, "conmon", exe: "/usr/bin/conmon", cmdline: Conmon("web"));

        Assert.Equal(new ContainerInfo(Other, "podman", "web", null) { Grade = NameGrade.Confirmed }, ServedBy(70, null));
    }

    [Fact]
    public void A_monitor_of_an_ordinary_user_only_claims_so()
    {
        _proc.Add(70, "conmon", exe: "/usr/bin/conmon", cmdline: Conmon("web"), user: 1000);

        Assert.Equal(new ContainerInfo(Other, "podman", "web", null) { Grade = NameGrade.Claimed, EngineUser = 1000 }, ServedBy(70, null));
    }

    [Fact]
    public void The_name_of_a_container_of_podman_comes_from_its_monitor()
    {
        _proc.Add(70, "conmon", exe: "/usr/bin/conmon", cmdline: Conmon("roots"))
            .Add(71, "conmon", exe: "/usr/bin/conmon", cmdline: Conmon("anns"), user: 1000)
            .Add(72, "perl", exe: "/usr/bin/perl", cmdline: Conmon("nobodys"), user: 1001);
        using var reader = new ProcessReader(_proc.Root);
        var resolver = new ContainerResolver(reader, null);

        Assert.Equal("roots", resolver.Named(new ContainerInfo(Other, "podman", null, null)).Name);
        Assert.Equal(
            "anns", resolver.Named(new ContainerInfo(Other, "podman", null, null) { Grade = NameGrade.Claimed, EngineUser = 1000 }).Name);
        Assert.Null(resolver.Named(new ContainerInfo(Other, "podman", null, null) { Grade = NameGrade.Claimed, EngineUser = 1001 }).Name);
    }

    [Fact]
    public void Slirp4netns_names_its_container_by_the_socket_it_is_told_its_ports_over()
    {
        _proc.Add(
            80, "slirp4netns", exe: "/usr/bin/slirp4netns",
            cmdline: $"/usr/bin/slirp4netns\0--api-socket\0/run/user/1000/libpod/tmp/{Other}.net\0tap0\0", user: 1000)
            .Add(71, "conmon", exe: "/usr/bin/conmon", cmdline: Conmon("web"), user: 1000);

        Assert.Equal(new ContainerInfo(Other, "podman", "web", null) { Grade = NameGrade.Claimed, EngineUser = 1000 }, ServedBy(80, null));
    }

    [Fact]
    public void Rootlessport_is_known_by_the_one_monitor_that_was_started_with_it()
    {
        const string Group = "0::/user.slice/user-1000.slice/user@1000.service/user.slice/podman-213.scope\n";
        _proc.Add(90, "rootlessport", exe: "/usr/lib/podman/rootlessport", cmdline: "rootlessport\0", user: 1000, cgroup: Group)
            .Add(71, "conmon", exe: "/usr/bin/conmon", cmdline: Conmon("web"), user: 1000, cgroup: Group);
        Assert.Equal("web", ServedBy(90, null)?.Name);

        _proc.Add(
            73, "conmon", exe: "/usr/bin/conmon", cmdline: Conmon("db").Replace(Other, Id, StringComparison.Ordinal), user: 1000,
            cgroup: Group);
        Assert.Null(ServedBy(90, null));
    }

    [Fact]
    public void An_engine_of_a_user_confirms_that_users_programs_only()
    {
        _proc.Add(90, "rootlessport", exe: "/usr/lib/podman/rootlessport", cmdline: "rootlessport\0", user: 1000);
        using var reader = new ProcessReader(_proc.Root);
        var names = new FixedNames(new ContainerInfo("roots", "podman", "web", null), null);
        var port = new PortNumber(8080);

        Assert.Null(new ContainerResolver(reader, names).ServedBy(reader.Read(90, ProcessFields.Document)!, TransportProtocol.Tcp, port));
        Assert.Equal(
            NameGrade.Confirmed,
            new ContainerResolver(reader, names).ServedBy(
                reader.Read(90, ProcessFields.Document)! with { UserId = 0 }, TransportProtocol.Tcp, port)?.Grade);
    }

    [Theory]
    [InlineData("-c ID -n web", "web", "podman")]
    [InlineData("--cid=ID --name=web", "web", "podman")]
    [InlineData("-c ID -n web --exit-dir /run/crio/exits", "web", "cri-o")]
    [InlineData(
        "-c ID -n web --exit-command /usr/bin/podman --exit-command-arg -n --exit-command-arg evil --exit-command-arg -c", "web", "podman")]
    [InlineData("-c ID -n web;reboot", null, "podman")]
    [InlineData("-c ID -n", null, "podman")]
    public void The_words_of_a_monitor_are_read_as_it_reads_them(string words, string? name, string runtime) =>
        Assert.Equal(
            new ConmonWords(Other, runtime, name),
            ConmonWords.Parse(["/usr/bin/conmon", .. words.Replace("ID", Other, StringComparison.Ordinal).Split(' ')]));

    [Theory]
    [InlineData("-c short -n web")]
    [InlineData("-n web")]
    [InlineData("--exit-command-arg -c --exit-command-arg ID")]
    [InlineData("-c")]
    public void A_monitor_without_an_id_names_no_container(string words) =>
        Assert.Null(ConmonWords.Parse(["conmon", .. words.Replace("ID", Other, StringComparison.Ordinal).Split(' ')]));

    [Fact]
    public void Another_program_publishes_nothing()
    {
        Assert.Null(ServedBy(60, null));
    }

    private ContainerInfo? ServedBy(int pid, IContainerNames? names)
    {
        using var reader = new ProcessReader(_proc.Root);
        return new ContainerResolver(reader, names).ServedBy(reader.Read(pid, ProcessFields.Document)!);
    }

    private static string Conmon(string name) => $"/usr/bin/conmon\0--api-version\01\0-c\0{Other}\0-n\0{name}\0";

    private sealed class FixedNames(ContainerInfo? publisher, string? name) : IContainerNames
    {
        public string? Name(ContainerInfo container) => name;

        public ContainerInfo? Publisher(PublishedPort port, uint user) => user == 0 ? publisher : null;
    }
}
