using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>
/// A root file system without /proc, as a chroot or a small container has it: what netlink says is shown, and what is missing is said.
/// </summary>
public sealed class BareHostTests
{
    private const string Mend = "no /proc is mounted here: sudo mount -t proc proc /proc";

    /// <summary>A host of its own with one listener, below a root that holds nothing but the program and its libraries.</summary>
    private const string Script =
        """
        set -e
        ip link set lo up
        ip link add eth0 type veth peer name far
        ip link set eth0 up
        ip link set far up
        ip address add 198.18.0.1/24 dev eth0
        perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 7070, Listen => 5, ReuseAddr => 1) or die; print "up\n"; close STDOUT; sleep 60' > "$1/up" &
        listener=$!
        trap 'kill $listener' EXIT
        while [ ! -s "$1/up" ]; do kill -0 $listener; sleep 0.05; done
        mount -t tmpfs tmpfs "$1"
        mkdir -p "$1/usr" "$1/bin"
        mount --rbind /usr "$1/usr"
        for name in lib lib64; do [ -L /$name ] && cp -d /$name "$1/$name" || { mkdir "$1/$name" && mount --rbind /$name "$1/$name"; }; done
        cp "$2" "$1/bin/portolan"
        root=$1
        shift 2
        set +e
        /usr/sbin/chroot "$root" /bin/portolan "$@"
        exit $?
        """;

    [Fact]
    public void The_chart_shows_what_netlink_gives_and_how_to_see_the_rest()
    {
        var result = Run().Expect(0);

        Assert.Contains("7070/tcp", result.Output, StringComparison.Ordinal);
        Assert.Contains(Mend, result.Error, StringComparison.Ordinal);
        var reasons = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]).ToList();
        Assert.Equal(reasons.Distinct(), reasons);
    }

    [Theory]
    [InlineData("list -tlnp", 0, "0.0.0.0:7070")]
    [InlineData("who 7070", 0, "is held by a hidden process")]
    [InlineData("who 7071/tcp", 1, "not in use; a bind works")]
    [InlineData("explain 7070", 3, "7070/tcp")]
    [InlineData("free 7070-7071", 0, "7071")]
    [InlineData("doctor", 0, "sudo mount -t proc proc /proc")]
    [InlineData("doctor", 0, "/proc is not mounted here, so other network namespaces are not found")]
    [InlineData("doctor", 0, "/sys is not mounted here, so the kernel's type information (BTF) cannot be read")]
    [InlineData("port 443", 0, "https")]
    public void Each_command_says_what_it_can(string line, int exitCode, string expected)
    {
        var result = Run(line.Split(' '));

        Assert.True(result.ExitCode == exitCode, $"exit code {result.ExitCode}: {result.Error}");
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("modprobe", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_namespaces_that_cannot_be_found_are_said_to_be_missing()
    {
        var result = Run("list", "-l", "--all-namespaces").Expect(0);

        Assert.Contains(
            "unknown: other network namespaces: no /proc is mounted here: sudo mount -t proc proc /proc", result.Error,
            StringComparison.Ordinal);
    }

    /// <summary>From somebody, so that the answer rests on a route and there is something to prove.</summary>
    [Fact]
    public void A_verdict_names_the_settings_that_it_could_not_read_and_is_not_proved()
    {
        var result = Run("explain", "7070", "--from", "198.18.0.9", "--prove");

        Assert.DoesNotContain("Could not find", result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotMatch("✔[^\n]*rp_filter", result.Output);
        Assert.Contains(
            "the network's settings (rp_filter, forwarding and others): no /proc is mounted here: sudo mount -t proc proc /proc",
            result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_holder_that_cannot_be_seen_is_not_stopped()
    {
        var result = Run("stop", "7070", "--dry-run").Expect(4);

        Assert.Contains("its process is not visible here", result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
    }

    private static RunResult Run(params string[] args)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root to make a root file system of its own");
        using var root = new TemporaryFolder();
        return Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["--mount", "--net", "/bin/sh", "-c", Script, "sh", root.Path, PortolanProgram.Path, .. args]);
    }
}
