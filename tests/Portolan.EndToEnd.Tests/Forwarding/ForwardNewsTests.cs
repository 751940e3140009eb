using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Forwarding;

/// <summary>What <c>portolan forward</c> says of itself while it runs: signals, ranges, datagrams that are lost.</summary>
public sealed class ForwardNewsTests
{
    private static readonly JsonSchema Schema = JsonSchema.Load("portolan.forward/1");

    [Fact]
    public void Without_a_file_SIGHUP_reloads_nothing_and_ends_nothing()
    {
        using var target = new EchoTarget();
        using var forward = PortolanProgram.Start("forward", "127.0.0.1:0", target.Name, "--json", "--drain", "0s");
        var port = Valid(forward.NextLine()!).GetProperty("forwards")[0].GetProperty("port").GetInt32();
        forward.Signal("HUP");
        var told = NextEvent(forward, "warning");
        Assert.StartsWith(
            "SIGHUP: no forwards file (-f) to reload", told.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.True(told.GetProperty("over").GetBoolean());
        using var client = new TcpClient("127.0.0.1", port);
        client.Client.Send("hello"u8);
        Assert.Equal(5, client.Client.Receive(new byte[8]));
        forward.Signal("TERM");
        forward.Finish().Expect(143);
    }

    [Fact]
    public void Nohup_takes_SIGHUP_from_nobody()
    {
        using var target = new EchoTarget();
        using var folder = new TemporaryFolder();
        var (file, said) = (folder["forwards.conf"], folder["said"]);
        File.WriteAllText(file, $"127.0.0.1:0 {target.Name}\n");
        var script =
            $$"""
            nohup {{PortolanProgram.Path}} forward -f {{file}} >{{said}} 2>&1 & program=$!
            tries=0
            wait_for() { until grep -q "$1" {{said}}; do tries=$((tries + 1)); [ $tries -lt 600 ] || break; sleep 0.05; done; }
            wait_for forwarding
            kill -HUP $program
            wait_for reloaded
            kill -TERM $program
            wait $program
            """;
        Programs.Run("/bin/sh", ["-c", script]).Expect(143);
        Assert.Contains("was reloaded: 0 added, 0 removed", File.ReadAllText(said), StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_of_thousands_of_ports_is_one_line() => Netns.Run(() =>
    {
        const int Count = 5000;
        var planned = PortolanProgram.Run("forward", "127.0.0.1:10000-14999", "127.0.0.2:20000-24999", "--dry-run").Expect(0);
        Assert.Equal("would forward 127.0.0.1:10000-14999/tcp to 127.0.0.2:20000-24999\n", planned.Output);
        using var target = new EchoTarget();
        var first = target.Port - (Count / 2);
        using var forward =
            PortolanProgram.Start("forward", $"127.0.0.3:10000-{10000 + Count - 1}", $"127.0.0.1:{first}-{first + Count - 1}");
        Assert.Equal($"forwarding 127.0.0.3:10000-14999/tcp to 127.0.0.1:{first}-{first + Count - 1}", forward.NextLine());
        using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 })
        {
            client.Connect(IPAddress.Parse("127.0.0.3"), 10000 + (Count / 2));
            client.Send("hello"u8);
            Assert.Equal(5, client.Receive(new byte[8]));
        }

        forward.Signal("TERM");
        var lines = forward.Finish().Expect(143).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Matches($@"^127\.0\.0\.3:10000-14999/tcp +127\.0\.0\.1:{first}-{first + Count - 1} +0 +1 +5 +5 ", lines[1]);
    });

    [Fact]
    public void The_first_datagrams_that_are_lost_are_said_at_once_with_the_reason_and_counted_by_it()
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var forward = PortolanProgram.Start(
            "forward", "127.0.0.1:0/udp", silent.Client.LocalEndPoint!.ToString()!, "--limit", "1", "--json", "--drain", "0s");
        var port = Valid(forward.NextLine()!).GetProperty("forwards")[0].GetProperty("port").GetInt32();
        using var first = new UdpClient("127.0.0.1", port);
        using var second = new UdpClient("127.0.0.1", port);
        first.Send([1], 1);
        second.Send([2], 1);
        var told = NextEvent(forward, "warning");
        Assert.Equal(
            ($"127.0.0.1:{port}/udp", "limit", false),
            (told.GetProperty("forward").GetString(), told.GetProperty("cause").GetString(), told.GetProperty("over").GetBoolean()));
        Assert.Contains("--limit 1 is reached", told.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("raise --limit", told.GetProperty("hint").GetString(), StringComparison.Ordinal);
        forward.Signal("TERM");
        var end =
            Valid(forward.Finish().Expect(143).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).GetProperty("forwards")[0];
        Assert.Equal(
            (1, 1),
            (end.GetProperty("ended").GetProperty("limit").GetInt32(), end.GetProperty("datagramsLost").GetProperty("limit").GetInt32()));
    }

    private static JsonElement NextEvent(RunningProgram program, string name)
    {
        while (true)
        {
            var one = Valid(program.NextLine() ?? throw new InvalidOperationException($"it ended before it said {name}"));
            if (one.GetProperty("event").GetString() == name)
            {
                return one;
            }
        }
    }

    private static JsonElement Valid(string line)
    {
        var root = JsonDocument.Parse(line).RootElement;
        Assert.Equal([], Schema.Validate(root));
        return root;
    }
}
