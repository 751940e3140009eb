using Portolan.Linux;
using Portolan.Linux.Privilege;
using Portolan.Model;
using Portolan.Sockets.Doctor;

namespace Portolan.Tests.Sockets.Doctor;

public sealed class EnvironmentJudgeTests
{
    private static readonly EnvironmentFacts Ideal = new()
    {
        Kernel = "6.18.0",
        UserId = 0,
        Capabilities = new CapabilitySet(ulong.MaxValue),
        Grant = new CapabilityGrant("/usr/local/bin/portolan", default, IsNative: true),
        Sockets = [
            new(SocketProtocol.Tcp, "netlink", null), new(SocketProtocol.Udp, "netlink", null), new(SocketProtocol.Sctp, null, null)],
        HiddenProcesses = 0,
        VisibleProcesses = 80,
        IsFirstPidNamespace = true,
        IsFirstUserNamespace = true,
        HasBtf = true,
        Namespaces = 3,
        ReadableNamespaces = 3,
        NamespacesHiddenBy = 0,
        Settings = new KernelSettings { EphemeralRange = EphemeralRange.TryParse("32768\t60999\n", "", out var range) ? range : null },
        HasSystemd = true,
        Systemctl = "/usr/bin/systemctl",
    };

    private static readonly EnvironmentFacts OrdinaryUser = Ideal with
    {
        UserId = 1000,
        Capabilities = default,
        HiddenProcesses = 60,
        WhyNoIterator = "load a BPF program: Operation not permitted",
    };

    [Fact]
    public void Where_everything_works_every_line_is_ok_and_no_remedy_is_given()
    {
        var findings = EnvironmentJudge.Judge(Ideal);
        Assert.All(findings, finding => Assert.Equal((FindingState.Ok, null), (finding.State, finding.Remedy)));
        Assert.Contains("this kernel has no sctp", Find(Ideal, "sockets").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void One_command_grants_an_ordinary_user_both_owners_and_bpf()
    {
        Advice granted =
            $"sudo setcap cap_bpf,cap_dac_read_search,cap_net_admin,cap_net_raw,cap_perfmon,cap_sys_ptrace=p /usr/local/bin/portolan";
        Assert.Equal(
            new Finding("owners", FindingState.Limited, "60 of 80 processes do not show their sockets", granted),
            Find(OrdinaryUser, "owners"));
        Assert.Equal(
            (FindingState.Limited, granted.ToString()), (Find(OrdinaryUser, "bpf").State, Find(OrdinaryUser, "bpf").Remedy?.ToString()));
    }

    [Theory]
    [InlineData("firewall", FindingState.Missing, "CAP_NET_ADMIN")]
    [InlineData("raw-scans", FindingState.Limited, "CAP_NET_RAW")]
    [InlineData("captures", FindingState.Missing, "CAP_NET_RAW")]
    public void What_an_ordinary_user_lacks_for_the_network_is_named_with_the_one_command(
        string topic, FindingState state, string capability)
    {
        var (found, detail, remedy) = Told(OrdinaryUser, topic);
        Assert.Equal((state, Find(OrdinaryUser, "owners").Remedy?.ToString()), (found, remedy));
        Assert.Contains(capability, detail, StringComparison.Ordinal);

        var root = Find(Ideal with { Capabilities = default }, topic);
        Assert.Contains($"--cap-add {capability["CAP_".Length..]}", root.Remedy?.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(1, 0)]
    public void Without_proc_no_count_of_processes_is_invented(int? hidden, int visible)
    {
        var finding = Find(OrdinaryUser with { HiddenProcesses = hidden, VisibleProcesses = visible }, "owners");
        Assert.Equal((FindingState.Missing, "sudo mount -t proc proc /proc"), (finding.State, finding.Remedy?.ToString()));
        Assert.DoesNotContain(" of 0 ", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_proc_nothing_that_stands_below_it_is_said_to_be_fine()
    {
        var facts = Ideal with
        {
            HiddenProcesses = null,
            VisibleProcesses = 0,
            IsFirstPidNamespace = false,
            Namespaces = 1,
            ReadableNamespaces = 1,
            Settings = new KernelSettings(),
        };

        Assert.Equal(
            (FindingState.Missing, "/proc is not mounted here, so other network namespaces are not found", "sudo mount -t proc proc /proc"),
            Told(facts, "namespaces"));
        Assert.Equal(
            (FindingState.Limited, "the iterator runs, but without /proc its ids cannot be matched with processes",
                "sudo mount -t proc proc /proc"), Told(facts, "bpf"));
        Assert.Equal(FindingState.Missing, Find(facts, "ports").State);
    }

    [Fact]
    public void Without_sys_the_kernel_is_not_said_to_lack_btf()
    {
        var facts = Ideal with { HasBtf = false, HasSysfs = false, WhyNoIterator = "open /sys/kernel/btf/vmlinux: not there" };

        var (state, detail, remedy) = Told(facts, "bpf");

        Assert.Equal((FindingState.Missing, "sudo mount -t sysfs sysfs /sys"), (state, remedy));
        Assert.StartsWith("/sys is not mounted here, so ", detail, StringComparison.Ordinal);
        Assert.StartsWith(
            "this kernel has no type information", Find(facts with { HasSysfs = true }, "bpf").Detail, StringComparison.Ordinal);
    }

    private static (FindingState State, string Detail, string? Remedy) Told(EnvironmentFacts facts, string topic) =>
        Find(facts, topic) is var finding ? (finding.State, finding.Detail, finding.Remedy?.ToString()) : default;

    [Fact]
    public void Without_proc_no_module_is_blamed_for_a_protocol_that_may_not_be_there()
    {
        var facts = Ideal with
        {
            HiddenProcesses = null,
            VisibleProcesses = 0,
            Sockets = [new(SocketProtocol.Tcp, "netlink", null), new(SocketProtocol.Sctp, null, "/proc/net/sctp/eps: no /proc is mounted")],
        };

        Assert.DoesNotContain(
            EnvironmentJudge.Judge(facts), f => f.Remedy?.ToString().Contains("modprobe", StringComparison.Ordinal) == true);
        Assert.Equal("sudo mount -t proc proc /proc", Find(facts, "sockets-sctp").Remedy?.ToString());
        Assert.Equal(
            "sudo modprobe sctp_diag", Find(facts with { HiddenProcesses = 0, VisibleProcesses = 80 }, "sockets-sctp").Remedy?.ToString());
    }

    [Fact]
    public void A_path_that_a_shell_would_split_is_quoted() =>
        Assert.EndsWith(
            @" '/opt/my tools/it'\''s'",
            Find(OrdinaryUser with { Grant = Ideal.Grant with { Program = "/opt/my tools/it's" } }, "owners").Remedy?.ToString(),
            StringComparison.Ordinal);

    [Fact]
    public void Root_of_a_container_is_told_what_to_give_it() =>
        Assert.Contains(
            "docker run --pid=host", Find(OrdinaryUser with { UserId = 0 }, "owners").Remedy?.ToString(), StringComparison.Ordinal);

    [Fact]
    public void Root_of_a_user_namespace_is_told_to_leave_it() =>
        Assert.Equal(
            "run Portolan outside this user namespace",
            Find(OrdinaryUser with { UserId = 0, IsFirstUserNamespace = false }, "owners").Remedy?.ToString());

    [Fact]
    public void What_proc_hides_from_root_the_bpf_iterator_still_finds()
    {
        var owners = Find(Ideal with { HiddenProcesses = 1 }, "owners");
        Assert.Equal((FindingState.Ok, null), (owners.State, owners.Remedy));
        Assert.Contains("1 of 80 processes does not show its sockets", owners.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Root_without_bpf_has_no_remedy_for_a_process_with_more_capabilities()
    {
        var owners = Find(Ideal with { HiddenProcesses = 1, WhyNoIterator = "load a BPF program: Operation not permitted" }, "owners");
        Assert.Equal((FindingState.Limited, null), (owners.State, owners.Remedy));
        Assert.Equal("1 of 80 processes does not show its sockets: it has capabilities that this one lacks", owners.Detail);
    }

    [Fact]
    public void Processes_that_proc_hides_are_not_taken_for_none()
    {
        var owners = Find(OrdinaryUser with { HiddenProcesses = 0, HidePid = "invisible" }, "owners");
        Assert.Equal(
            (FindingState.Limited, "other users' processes do not show their sockets (/proc is mounted with hidepid=invisible)"),
            (owners.State, owners.Detail));
    }

    [Fact]
    public void A_pid_namespace_of_its_own_hides_the_rest_of_the_machine()
    {
        var facts = Ideal with { IsFirstPidNamespace = false };
        Assert.Equal(FindingState.Limited, Find(facts, "owners").State);
        Assert.Equal(FindingState.Limited, Find(facts, "bpf").State);
    }

    [Fact]
    public void Without_proc_no_owner_is_known() =>
        Assert.Equal(FindingState.Missing, Find(Ideal with { HiddenProcesses = null }, "owners").State);

    [Fact]
    public void A_kernel_without_btf_has_no_remedy()
    {
        var bpf = Find(Ideal with { HasBtf = false, WhyNoIterator = "open /sys/kernel/btf/vmlinux: No such file or directory" }, "bpf");
        Assert.Equal((FindingState.Missing, null), (bpf.State, bpf.Remedy));
    }

    [Fact]
    public void A_protocol_read_from_proc_names_the_module_that_netlink_needs()
    {
        var facts = Ideal with
        {
            Sockets = [
            new(SocketProtocol.Tcp, "netlink", null), new(SocketProtocol.Raw, "/proc/net/raw", null),
            new(SocketProtocol.Dccp, null, "no such file")]
        };
        Assert.Equal(
            (FindingState.Limited, "sudo modprobe raw_diag"),
            (Find(facts, "sockets-raw").State, Find(facts, "sockets-raw").Remedy?.ToString()));
        Assert.Equal(
            (FindingState.Missing, "sudo modprobe dccp_diag"),
            (Find(facts, "sockets-dccp").State, Find(facts, "sockets-dccp").Remedy?.ToString()));
    }

    [Fact]
    public void Without_netlink_the_whole_line_is_limited() => Assert.Equal(
        FindingState.Limited,
        Find(Ideal with { Sockets = [new(SocketProtocol.Tcp, "/proc/net/tcp", null)] }, "sockets").State);

    [Fact]
    public void Namespaces_out_of_reach_are_counted() => Assert.Equal(
        "3 network namespaces found, 1 can be read; 1 process does not show its own",
        Find(Ideal with { ReadableNamespaces = 1, NamespacesHiddenBy = 1 }, "namespaces").Detail);

    [Fact]
    public void A_program_that_compiles_as_it_runs_says_how_to_get_the_fast_one() =>
        Assert.Contains(
            "zlib1g-dev", Find(Ideal with { Grant = Ideal.Grant with { IsNative = false } }, "program").Remedy?.ToString(),
            StringComparison.Ordinal);

    private static Finding Find(EnvironmentFacts facts, string topic) => EnvironmentJudge.Judge(facts).Single(f => f.Topic == topic);
}
