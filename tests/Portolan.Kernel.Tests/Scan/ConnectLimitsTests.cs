using Portolan.Kernel.Tests.Owners;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Scan;

/// <summary>Connect scans where this host is short of something: descriptors, privilege.</summary>
public sealed class ConnectLimitsTests
{
    [Fact]
    public void With_few_open_files_left_a_scan_is_right()
    {
        // The tests inside would all be skipped, which must not pass for success.
        Netns.Run(static () => { });
        InnerTest.Run(nameof(FewFilesInnerTests), Tool.Find("prlimit"), $"--nofile={FewFilesInnerTests.Limit}:{FewFilesInnerTests.Limit}");
    }

    [Fact]
    public void Without_any_capability_a_connect_scan_just_works()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        pair.Target.EchoUdp(53);
        var (tcp, udp) = pair.Scanner.Run(() =>
        {
            ThreadPrivileges.Drop();
            return (ConnectScan.Run("198.18.0.2", "79-81", cores: 1),
                ConnectScan.Run("198.18.0.2", "53,54", ConnectScan.Settings(udp: true), cores: 1));
        });
        Assert.Equal("open syn-ack", tcp["198.18.0.2", "80"]);
        Assert.Equal("closed conn-refused", tcp["198.18.0.2", "81"]);
        Assert.Equal("open udp-response", udp["198.18.0.2", "U:53"]);
        Assert.Equal("closed port-unreach", udp["198.18.0.2", "U:54"]);
    }

    [Fact]
    public void A_host_that_accepts_on_every_port_is_marked()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(7777);
        pair.Target.Nft("table ip n { chain p { type nat hook prerouting priority -100; tcp dport 1-65535 redirect to :7777; }\n}");
        var scan = pair.Scanner.Run(() => ConnectScan.Run("198.18.0.2", "1-100"));
        Assert.Equal(100, scan.Count("198.18.0.2", PortState.Open));
        Assert.True(scan.AnswersEverything["198.18.0.2"]);
    }

    [Fact]
    public void A_refused_socket_is_used_again_so_few_are_opened()
    {
        using var pair = LabPair.Create();
        var scan = pair.Scanner.Run(() => ConnectScan.Run("198.18.0.2", "1-20000"));
        Assert.Equal(20000, scan.Count("198.18.0.2", PortState.Closed));

        // A refused socket stays open for the next attempt until the scan has ended: those that are open then are all that were opened.
        Assert.InRange(scan.SocketsAtEnd, 1, 5000);
    }
}

/// <summary>Run with a low limit by <see cref="ConnectLimitsTests"/>.</summary>
public sealed class FewFilesInnerTests
{
    // What the test's own runtime needs, and room to fill up.
    internal const int Limit = 400;

    [Theory(Explicit = true)]
    [InlineData(30)]
    [InlineData(8)]
    public void All_ports_are_right_and_nothing_fails(int left)
    {
        InnerTest.SkipUnless(nameof(FewFilesInnerTests));
        var held = new List<IDisposable>();
        try
        {
            Scan(() =>
            {
                while (Directory.GetFileSystemEntries("/proc/self/fd").Length < Limit - left)
                {
                    held.Add(File.OpenHandle("/dev/null"));
                }
            });
        }
        finally
        {
            held.ForEach(handle => handle.Dispose());
        }
    }

    private static void Scan(Action fillUp)
    {
        Netns.Run(() =>
        {
            using var listener = Machine.Listen("127.0.0.1:8080");
            ConnectScan.Run("127.0.0.1", "1-2");
            fillUp();
            var scan = ConnectScan.Run("127.0.0.1 127.0.0.2", "8000-9999");
            Assert.Equal(1, scan.Count("127.0.0.1", PortState.Open));
            Assert.Equal(1999, scan.Count("127.0.0.1", PortState.Closed));
            Assert.Equal(2000, scan.Count("127.0.0.2", PortState.Closed));
            Assert.True(scan.End!.IsComplete);

            var udp = ConnectScan.Run("127.0.0.1", "8000-8200", ConnectScan.Settings(udp: true));
            Assert.Equal(201, udp.Count("127.0.0.1", PortState.Closed));
        });
    }
}
