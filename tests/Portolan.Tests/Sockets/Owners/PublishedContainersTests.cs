using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class PublishedContainersTests : IDisposable
{
    private const string Id = "3f4c0d8a9b7e6f5d4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a29180f7e6d5";
    private const string FibTrie =
        "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 172.17.0.0/16 2 0 2\n"
        + "        |-- 172.17.0.0\n           /16 link UNICAST\n        |-- 172.17.0.2\n           /32 host LOCAL\n        |-- 172.17.255.255\n           /32 link BROADCAST\n";

    private readonly ProcRecording _proc = new ProcRecording()
        .Add(1, "init", parent: 0)
        .Add(50, "docker-proxy", exe: "/usr/bin/docker-proxy", cmdline: "/usr/bin/docker-proxy\0-proto\0tcp\0-host-ip\00.0.0.0\0-host-port\08080\0-container-ip\0172.17.0.2\0-container-port\080\0")
        .Add(51, "docker-proxy", exe: "/usr/bin/docker-proxy", cmdline: "docker-proxy\0-proto\0tcp\0-host-ip\0::\0-host-port\08080\0-container-ip\0fd00::2\0-container-port\080\0")
        .Add(52, "docker-proxy", exe: "/usr/bin/docker-proxy", cmdline: "docker-proxy\0-proto\0tcp\0-host-ip\00.0.0.0\0-host-port\09\0-container-ip\0172.17.0.9\0-container-port\09\0")
        .Add(60, "nginx", cgroup: $"0::/system.slice/docker-{Id}.scope\n");

    public PublishedContainersTests()
    {
        var net = Directory.CreateDirectory(Path.Combine(_proc.Root, "60", "net")).FullName;
        File.WriteAllText(Path.Combine(net, "fib_trie"), FibTrie);
        File.WriteAllText(Path.Combine(net, "if_inet6"), "00000000000000000000000000000001 01 80 10 80       lo\nfd000000000000000000000000000002 04 40 00 80     eth0\nzz\n");
    }

    public void Dispose() => _proc.Dispose();

    [Theory]
    [InlineData(50)]
    [InlineData(51)]
    public void A_proxy_leads_to_the_container_with_that_address(int pid)
    {
        Assert.Equal(new ContainerInfo(Id, "docker", null, null) { Grade = NameGrade.Confirmed }, PublishedBy(pid, null));
    }

    [Fact]
    public void The_runtime_is_asked_first()
    {
        var named = new ContainerInfo("other", "docker", "web", null);

        Assert.Equal(named with { Grade = NameGrade.Confirmed }, PublishedBy(50, new FixedNames(named, null)));
    }

    [Fact]
    public void The_name_is_added_where_the_runtime_knows_the_container_but_not_the_port()
    {
        Assert.Equal("web", PublishedBy(50, new FixedNames(null, "web"))?.Name);
    }

    [Fact]
    public void An_address_that_no_container_has_leads_nowhere()
    {
        Assert.Null(PublishedBy(52, null));
    }

    [Theory]
    [InlineData("/usr/bin/docker-proxy", 0u, true, NameGrade.Confirmed)]
    [InlineData("/usr/bin/docker-proxy (deleted)", 0u, true, NameGrade.Confirmed)]
    [InlineData("/home/eve/docker-proxy", 1000u, true, NameGrade.Claimed)]
    [InlineData("/usr/bin/nc.openbsd", 1000u, false, NameGrade.Claimed)]
    [InlineData("/usr/bin/sudo", 0u, false, NameGrade.Claimed)]
    public void What_a_process_calls_itself_counts_only_as_far_as_its_program_file_says_the_same(string file, uint user, bool publishes, NameGrade grade)
    {
        using var reader = new ProcessReader(_proc.Root);
        var process = reader.Read(50, ProcessFields.Document)! with { ExecutablePath = file, UserId = user };

        var container = new PublishedContainers(reader, null).PublishedBy(process);

        Assert.Equal(publishes, container is not null);
        Assert.Equal(grade, container?.Grade ?? NameGrade.Claimed);
    }

    [Fact]
    public void Another_program_publishes_nothing()
    {
        Assert.Null(PublishedBy(60, null));
    }

    private ContainerInfo? PublishedBy(int pid, IContainerNames? names)
    {
        using var reader = new ProcessReader(_proc.Root);
        return new PublishedContainers(reader, names).PublishedBy(reader.Read(pid, ProcessFields.Document)!);
    }

    private sealed class FixedNames(ContainerInfo? publisher, string? name) : IContainerNames
    {
        public string? Name(ContainerInfo container) => name;

        public ContainerInfo? Publisher(PublishedPort port) => publisher;
    }
}
