using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Traffic;

/// <summary><c>portolan traffic</c> as people run it, beside connections of known size on loopback.</summary>
public sealed class TrafficTests
{
    private static readonly JsonSchema Schema = JsonSchema.Load("portolan.traffic/1");

    [Fact]
    public void The_bytes_of_a_port_are_those_that_were_sent_when_it_ends_by_a_signal()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root to count at tracepoints");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var program = PortolanProgram.Start("traffic", port.ToString(CultureInfo.InvariantCulture), "--json", "--every", "100ms");
        var start = Valid(program.NextLine()!);
        Assert.Equal(("start", "tracepoints"), (start.GetProperty("event").GetString(), start.GetProperty("method").GetString()));

        for (var i = 0; i < 20; i++)
        {
            Exchange(listener, 1000, 30_000);
        }

        program.Signal("INT");
        var lines = program.Finish().Expect(130).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Valid).ToList();

        var end = lines[^1];
        Assert.Equal("end", end.GetProperty("event").GetString());
        var served = Assert.Single(end.GetProperty("rows").EnumerateArray(), r => r.GetProperty("role").GetString() == "server");
        Assert.Equal(port, served.GetProperty("port").GetInt32());
        Assert.Equal(
            (20_000, 600_000, 20),
            (served.GetProperty("bytesIn").GetInt32(), served.GetProperty("bytesOut").GetInt32(),
                served.GetProperty("newConnections").GetInt32()));
        Assert.Equal(JsonValueKind.Null, end.GetProperty("unattributed").ValueKind);
    }

    [Fact]
    public void The_report_behind_the_live_table_has_the_view_that_a_key_chose()
    {
        var script = Programs.Find("script", "/usr/bin/script");
        var line = $"{PortolanProgram.Path} traffic --every 200ms";
        using var program = Programs.Start(
            script, ["-qec", line, "/dev/null"], environment: new Dictionary<string, string?> { ["TERM"] = "xterm" });
        Type('r');
        while (program.NextLine()?.Contains("by process", StringComparison.Ordinal) == false)
        {
        }

        Type('q');

        var report = program.Finish().Expect(0).Output;
        Assert.Contains("PROCESS", report[report.LastIndexOf("\x1b[J", StringComparison.Ordinal)..], StringComparison.Ordinal);

        void Type(char key)
        {
            program.Input.Write(key);
            program.Input.Flush();
        }
    }

    [Fact]
    public void An_ordinary_user_gets_a_report_that_names_its_method_and_what_it_cannot_count()
    {
        var lines = PortolanProgram.RunAsNobody("traffic", "--for", "300ms", "--json").Expect(0).Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Valid).ToList();

        Assert.Equal(["start", "end"], lines.Select(static l => l.GetProperty("event").GetString()));
        Assert.Equal("polling", lines[0].GetProperty("method").GetString());
        Assert.NotEmpty(lines[0].GetProperty("missing").EnumerateArray());
        Assert.Contains(
            lines[1].GetProperty("missing").EnumerateArray(),
            static m => m.GetProperty("what").GetString()!.Contains("UDP", StringComparison.Ordinal));
        Assert.Equal("wire", lines[1].GetProperty("unattributed").GetProperty("layer").GetString());
    }

    [Fact]
    public void Metrics_are_what_promtool_accepts()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var metrics = FreePort();
        using var program = PortolanProgram.Start(
            "traffic", "--json", "--every", "100ms", "--metrics", metrics.ToString(CultureInfo.InvariantCulture));
        Valid(program.NextLine()!);
        Exchange(listener, 10, 20);
        var answer = "";
        Bounded.Until(
            () => (answer = Get(metrics)).Contains("portolan_traffic_received_bytes_total{", StringComparison.Ordinal),
            "bytes are counted");
        program.Signal("TERM");
        program.Finish().Expect(143);

        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4", answer, StringComparison.Ordinal);
        var text = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Contains("portolan_traffic_received_bytes_total{", text, StringComparison.Ordinal);
        var promtool = Programs.Find("promtool (apt-get install prometheus)", "/usr/bin/promtool", "/usr/local/bin/promtool");
        Assert.Equal("", Programs.Run(promtool, ["check", "metrics"], text).Expect(0).Error);
    }

    private static JsonElement Valid(string line)
    {
        var element = JsonDocument.Parse(line).RootElement;
        Assert.Empty(Schema.Validate(element));
        return element;
    }

    private static void Exchange(TcpListener listener, int request, int answer)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndpoint);
        using var server = listener.AcceptSocket();
        client.Send(new byte[request]);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(request, ReadToEnd(server));
        server.Send(new byte[answer]);
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal(answer, ReadToEnd(client));
    }

    private static int ReadToEnd(Socket socket)
    {
        var buffer = new byte[65_536];
        var total = 0;
        while (socket.Receive(buffer) is > 0 and var count)
        {
            total += count;
        }

        return total;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Get(int port)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(IPAddress.Loopback, port);
        client.Send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
        var text = new StringBuilder();
        var buffer = new byte[65_536];
        while (client.Receive(buffer) is > 0 and var count)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return text.ToString();
    }
}
