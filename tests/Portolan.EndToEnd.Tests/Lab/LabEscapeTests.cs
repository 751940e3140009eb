using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>Nothing leaves a lab, seen from the network around it, whatever root in the lab does.</summary>
public sealed class LabEscapeTests : IClassFixture<LabEscapeTests.Outside>
{
    private const string Topology =
        """
        name: cage
        networks: { office: [198.18.0.0/24, "2001:db8:1::/64"] }
        hosts: { web: { addresses: [198.18.0.10, "2001:db8:1::10"], ports: [http] } }

        """;

    private const int NoDevice = 99;

    /// <summary>A TUN device that everybody may open, or none, so that the lab takes a cable. In a mount namespace of its own.</summary>
    private const string Devices =
        """
        mount -t tmpfs tmpfs /dev/net || exit 99
        [ "$1" = cable ] || mknod -m 666 /dev/net/tun c 10 200 || exit 99
        shift
        exec "$@"
        """;

    /// <summary>What came out is heard by then.</summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(200);

    private readonly Outside _outside;

    public LabEscapeTests(Outside outside) => _outside = outside;

    [Fact]
    public void Where_no_lab_is_around_it_the_same_is_heard_and_counted()
    {
        using var folder = Files();

        // A world of its own: for seconds after a talk the kernel asks whether the neighbour is still there.
        using var world = new OuterWorld();
        var before = world.State();
        var output =
            world.Run("/usr/bin/perl", folder["packets.pl"], OuterWorld.Neighbour4, OuterWorld.Neighbour6, Escape.Mark).Expect(0).Output;
        foreach (var way in (string[])["udp4", "udp6", "raw4", "raw6", "tcp", "frame4 wan0", "frame6 wan0", "packet4 wan0", "packet6 wan0"])
        {
            Assert.Contains($"{way}: sent\n", output, StringComparison.Ordinal);
        }

        var mark = Convert.ToHexString(Encoding.ASCII.GetBytes(Escape.Mark));
        Assert.True(
            SpinWait.SpinUntil(() => world.Heard.Count(f => f.Contains(mark, StringComparison.Ordinal)) >= 8, TimeSpan.FromSeconds(30)),
            string.Join('\n', world.Heard));
        Assert.NotEqual(before, world.State());
    }

    [Theory]
    [InlineData(false, "tun")]
    [InlineData(false, "cable")]
    [InlineData(true, "tun")]
    [InlineData(true, "cable")]
    public void Nothing_that_root_in_a_lab_does_is_seen_outside(bool ordinary, string link)
    {
        using var folder = Files();
        var world = _outside.World;
        string[] words = ["lab", "run", folder["cage.yaml"], "--", "/bin/sh", folder["escape.sh"], folder["packets.pl"]];
        string[] command = ordinary ? PortolanProgram.AsNobody(words) : [PortolanProgram.Path, .. words];
        var before = world.State();
        var result =
            world.Run([Tool.Find("unshare"), "--mount", "--propagation", "private", "/bin/sh", "-c", Devices, "sh", link, .. command]);
        Assert.SkipWhen(result.ExitCode == NoDevice, "no device can be made here");
        result.Expect(0);

        // It was no idle try: packets went into the lab's interface, and there ended.
        Assert.EndsWith("done\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("packet4 lab0: sent\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("packet6 lab0: sent\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("raw4: sent\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("raw6: sent\n", result.Output, StringComparison.Ordinal);
        Assert.True(
            int.Parse(
                Regex.Match(result.Output, "sent through lab0: ([0-9]+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value,
                CultureInfo.InvariantCulture) > 10, result.Output);
        Assert.DoesNotContain("wan0", result.Output, StringComparison.Ordinal);
        Assert.Equal(link == "cable", result.Output.Contains("frame4 lab0-lab", StringComparison.Ordinal));
        Thread.Sleep(Lateness);
        Assert.Empty(world.Heard);
        Assert.Equal(before, world.State());
    }

    private static TemporaryFolder Files()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can make a world around a lab");
        Programs.Find("perl", "/usr/bin/perl");
        Programs.Find("ip", "/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip");
        var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        File.WriteAllText(folder["cage.yaml"], Topology);
        File.WriteAllText(folder["packets.pl"], Escape.Packets);
        File.WriteAllText(folder["escape.sh"], Escape.Script);
        return folder;
    }

    /// <summary>Made by the first test: one that may not make it is skipped, while a fixture's constructor could only fail.</summary>
    public sealed class Outside : IDisposable
    {
        private readonly Lazy<OuterWorld> _world = new(static () => new OuterWorld());

        internal OuterWorld World => _world.Value;

        public void Dispose()
        {
            if (_world.IsValueCreated)
            {
                _world.Value.Dispose();
            }
        }
    }
}
