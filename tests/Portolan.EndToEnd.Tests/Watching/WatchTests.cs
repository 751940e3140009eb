using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Watching;

/// <summary><c>portolan watch</c> of the built program, on listeners that open and close.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_listener_that_opens_and_closes_is_two_events_and_so_in_the_history()
    {
        using var watch = PortolanProgram.Start("watch", "--every", "1s", "--store", _folder["h.db"], "--json");
        var schema = JsonSchema.Load("portolan.event/1");
        var ready = Line(watch, schema);
        Assert.Equal("ready", ready.GetProperty("event").GetString());
        var port = 0;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
            var opened = EventOf(port, watch, schema);
            Assert.Equal(("port-opened", "tcp", "127.0.0.1"), (
                opened.GetProperty("event").GetString(), opened.GetProperty("protocol").GetString(),
                opened.GetProperty("address")[0].GetString()));
            Assert.Equal("local", opened.GetProperty("reach").GetProperty("exposure").GetString());
            Assert.Equal($"portolan who {Number(port)}/tcp", opened.GetProperty("command").GetString());
        }

        Assert.Equal("port-closed", EventOf(port, watch, schema).GetProperty("event").GetString());
        watch.Signal("TERM");
        watch.Finish().Expect(0);
        var history = PortolanProgram.Run("history", Number(port), "--store", _folder["h.db"]).Expect(0).Output;
        Assert.Matches("(?s)closed.+closed.+opened", history);
    }

    [Fact]
    public void As_root_listeners_that_live_for_a_moment_are_seen_and_stored()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "the kernel reports to root only");
        using var watch = PortolanProgram.Start("watch", "--every", "1h", "--store", _folder["h.db"], "--json");
        var schema = JsonSchema.Load("portolan.event/1");
        Assert.Equal(3600, Line(watch, schema).GetProperty("everySeconds").GetDouble());
        var ports = new int[2];
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            ports[0] = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        using (var bound = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            // A port below the ephemeral range: a server's.
            ports[1] = Enumerable.Range(20_000, 1000).First(port => TryBind(bound, port));
        }

        foreach (var port in ports)
        {
            Assert.Equal("port-opened", EventOf(port, watch, schema).GetProperty("event").GetString());
        }

        foreach (var port in ports)
        {
            Assert.Equal("port-closed", EventOf(port, watch, schema).GetProperty("event").GetString());
        }

        watch.Signal("TERM");
        watch.Finish().Expect(0);
        Assert.Matches(
            "(?s)closed.+opened", PortolanProgram.Run("history", Number(ports[0]), "--store", _folder["h.db"]).Expect(0).Output);
    }

    [Fact]
    public void A_scan_of_this_machine_is_reported_with_its_source()
    {
        using var lab = LabPair.Create();
        using var watch = lab.Target.Start(
            "/usr/bin/env", PortolanProgram.Path, "watch", "--every", "1h", "--store", _folder["h.db"], "--json");
        try
        {
            var schema = JsonSchema.Load("portolan.event/1");
            Assert.Equal("ready", Read(watch, schema).GetProperty("event").GetString());
            lab.Scanner.Run(static () =>
            {
                for (var port = 1; port <= 20; port++)
                {
                    using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    Assert.Throws<SocketException>(() => client.Connect(new IPEndPoint(IPAddress.Parse("198.18.0.2"), port)));
                }
            });

            var scanned = Read(watch, schema);

            Assert.Equal(("scanned", "198.18.0.1"), (scanned.GetProperty("event").GetString(), scanned.GetProperty("source").GetString()));
            Assert.Equal(15, scanned.GetProperty("ports").GetArrayLength());
        }
        finally
        {
            watch.Kill();
            watch.WaitForExit();
        }
    }

    [Fact]
    public void What_opened_while_nobody_watched_is_the_first_event_of_the_next_watch()
    {
        var first = PortolanProgram.Run("watch", "--for", "1s", "--store", _folder["h.db"]).Expect(0);
        Assert.Equal("", first.Output);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = Number(((IPEndPoint)listener.LocalEndpoint).Port);

        var next = PortolanProgram.Run("watch", "--for", "1s", "--store", _folder["h.db"]).Expect(0).Output;

        Assert.Contains($": {port}/tcp opened: ", next, StringComparison.Ordinal);
        Assert.Contains($"\n  portolan who {port}/tcp\n", next, StringComparison.Ordinal);
    }

    private static bool TryBind(Socket socket, int port)
    {
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Number(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static JsonElement Read(Process watch, JsonSchema schema)
    {
        var line = JsonDocument.Parse(watch.StandardOutput.ReadLine()!).RootElement;
        Assert.Empty(schema.Validate(line));
        return line;
    }

    private static JsonElement Line(RunningProgram watch, JsonSchema schema)
    {
        var line = JsonDocument.Parse(watch.NextLine()!).RootElement;
        Assert.Empty(schema.Validate(line));
        return line;
    }

    // Other tests open ports beside this one.
    private static JsonElement EventOf(int port, RunningProgram watch, JsonSchema schema)
    {
        while (true)
        {
            var line = Line(watch, schema);
            if (line.TryGetProperty("port", out var found) && found.ValueKind == JsonValueKind.Number && found.GetInt32() == port)
            {
                return line;
            }
        }
    }
}
