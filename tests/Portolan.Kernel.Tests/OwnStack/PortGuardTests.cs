using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Portolan.Cli.Scanning.OwnStack;
using Portolan.Firewall.Guarding;
using Portolan.Kernel.Tests.Scanning;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Sockets;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Probes;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.OwnStack;

/// <summary>The kernel is kept out of ports, and that is proved without a packet to anybody else.</summary>
[Collection(Alone.Name)]
public sealed class PortGuardTests
{
    [Theory]
    [InlineData("198.18.0.1")]
    [InlineData("2001:db8::1")]
    [InlineData("::1")]
    public void A_guard_is_proved_by_what_the_kernel_counts_and_does_not_answer(string own)
    {
        using var lab = new OwnStackLab();
        using var watch = lab.Watch();
        lab.Pair.Scanner.Run(() =>
        {
            using var held = ReservedPorts.Take(18, new PortSet());
            using var guard = PortGuard.Start(Range(held.Range.First.Value, 16));
            GuardProof.Demand(
                guard, lab.Network, RecordedScan.Address(own), Port(held.Range.First.Value + 16), Port(held.Range.First.Value + 17));
            Assert.Equal(new GuardCounts(1, 1), guard.ReadCounts());
        });
        Assert.Equal(0, watch.Look().Segments);
    }

    [Fact]
    public void Without_its_rules_in_the_way_the_kernel_answers_and_the_proof_says_so()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Scanner.Run(() =>
        {
            using var held = ReservedPorts.Take(18, new PortSet());
            using var guard = PortGuard.Start(Range(held.Range.First.Value, 16));

            // What is translated before the guard sees it comes in for another port.
            lab.Pair.Scanner.Nft($"table inet other {{ chain pre {{ type filter hook prerouting priority -600; tcp dport "
                + $"{held.Range.First} tcp dport set {held.Range.Last}; }}; }}");
            var exception = Assert.Throws<PortolanException>(() => GuardProof.Demand(
                guard, lab.Network, RecordedScan.Address("198.18.0.1"), Port(held.Range.First.Value + 16),
                Port(held.Range.First.Value + 17)));
            Assert.Contains("failed its self-test", exception.Message, StringComparison.Ordinal);
            Assert.NotNull(exception.Hint);
        });
    }

    [Fact]
    public void Rules_that_keep_the_host_from_itself_leave_the_proof_open_and_it_is_refused()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Scanner.Nft("table inet other { chain out { type filter hook output priority -600; oifname \"lo\" drop; }; }");
        var exception = Assert.Throws<PortolanException>(() => lab.TakePorts());
        Assert.Contains("did not see packets from 198.18.0.1 to itself", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(PortGuard.Name, lab.TablesWithin("other"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_privilege_the_guard_is_refused_with_the_remedy()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Scanner.Run(() =>
        {
            ThreadPrivileges.Drop();
            var exception = Assert.Throws<PortolanException>(() => PortGuard.Start(Range(60000, 16)));
            Assert.Equal(ExitCode.NoPrivilege, exception.ExitCode);
            Assert.Equal("run it with sudo", exception.Hint?.ToString());
        });
    }

    [Fact]
    public void Two_guards_stand_beside_each_other_and_each_goes_alone()
    {
        using var lab = new OwnStackLab();
        var first = lab.TakePorts();
        using (lab.TakePorts())
        {
            Assert.Contains(PortGuard.Name + "2", lab.Tables(), StringComparison.Ordinal);
            first.Dispose();
            Assert.Equal($"table inet {PortGuard.Name}2", lab.TablesWithin(PortGuard.Name + "2"));
        }

        Assert.Equal("", lab.TablesWithin());
    }

    [Fact]
    public async Task Held_ports_are_refused_to_programs_of_this_host_and_free_afterwards()
    {
        using var lab = new OwnStackLab();
        int port;
        using (var ports = lab.TakePorts())
        {
            port = ports.ShareOf(0).First.Value;
            foreach (var address in (IPAddress[])[IPAddress.Any, IPAddress.IPv6Any, IPAddress.Parse("198.18.0.1")])
            {
                Assert.Equal(SocketError.AddressAlreadyInUse, Bind(lab, address, port));
            }

            // What another program holds is passed over.
            using var others = lab.TakePorts();
            Assert.NotEqual(port, others.ShareOf(0).First.Value);
        }

        // A program that another test starts has copies of all descriptors until it is executed.
        Assert.True(await Becomes(() => Bind(lab, IPAddress.Any, port) == SocketError.Success), "the port is still held");
    }

    [Fact]
    public void Where_programs_get_all_ports_some_of_these_are_held_and_no_program_gets_them()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Target.ListenTcp(80);
        var all = new EphemeralRange(new PortRange(Port(1024), Port(ushort.MaxValue)), new PortSet());
        using var ports = lab.Pair.Scanner.Run(() => GuardedPorts.Take(1, lab.Network, OwnStackLab.Own, all, SourcePorts.Outside(all)));
        var first = ports.ShareOf(0).First.Value;
        lab.Pair.Scanner.Setting("net/ipv4/ip_local_port_range", $"{first - 4} {first + 15}");
        lab.Pair.Scanner.Run(() =>
        {
            for (var i = 0; i < 4; i++)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect(IPAddress.Parse("198.18.0.2"), 80);
                Assert.InRange(((IPEndPoint)socket.LocalEndPoint!).Port, first - 4, first - 1);
            }
        });
    }

    [Fact]
    public void Without_a_target_that_shows_an_address_the_guard_is_proved_on_the_loopback()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Scanner.Nft("table inet other { chain out { type filter hook output priority -600; oifname \"lo\" drop; }; }");
        var exception = Assert.Throws<PortolanException>(() => lab.Pair.Scanner.Run(() => OwnStackProber.Open(
            static () => throw new InvalidOperationException("it went on without a proof"), new ScanSettings { Seed = 1 }, null, [],
            TimeProvider.System, static () => 4711, null)));
        Assert.Contains("did not see packets from", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_ports_are_left_the_remedy_names_the_setting()
    {
        using var lab = new OwnStackLab();
        var exception = Assert.Throws<PortolanException>(
            () => lab.Pair.Scanner.Run(() => ReservedPorts.Take(16, new PortSet(Range(16384, 65536 - 16384)))));
        Assert.Contains("net.ipv4.ip_local_port_range", exception.Hint?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_connections_of_this_host_go_on_beside_a_guard()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Target.ListenTcp(80);
        using var ports = lab.TakePorts();
        lab.Pair.Scanner.Run(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect(IPAddress.Parse("198.18.0.2"), 80);
                Assert.False(ports.ShareOf(0).Contains(Port(((IPEndPoint)socket.LocalEndPoint!).Port)));
            }
        });
    }

    [Fact]
    public async Task A_guard_is_gone_when_its_process_is_killed()
    {
        using var lab = new OwnStackLab();
        var program = BuiltProgram.Path;
        Assert.True(File.Exists(program), program);
        using var process = lab.Pair.Scanner.Start(
            program, "scan", "198.18.0.2", "-Pn", "-n", "-p", "1-100", "--scan-delay", "5s", "--own-stack", "--no-journal");
        try
        {
            Assert.True(await Becomes(() => lab.Tables().Contains(PortGuard.Name, StringComparison.Ordinal)), "no guard was seen");
        }
        finally
        {
            process.Kill();
            process.End();
        }

        Assert.True(
            await Becomes(() => !lab.Tables().Contains(PortGuard.Name, StringComparison.Ordinal)), "the guard outlived its process");
    }

    private static SocketError Bind(OwnStackLab lab, IPAddress address, int port) => lab.Pair.Scanner.Run(() =>
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    });

    private static async Task<bool> Becomes(Func<bool> condition)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < Bounded.Limit;)
        {
            if (condition())
            {
                return true;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        return false;
    }

    private static PortNumber Port(int port) => new((ushort)port);

    private static PortRange Range(int first, int count) => new(Port(first), Port(first + count - 1));
}
