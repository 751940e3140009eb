using System.Text.Json;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Listing;

/// <summary><c>--json</c>, its stream with <c>--watch</c>, and <c>--csv</c>.</summary>
public sealed class ListMachineFormatTests
{
    [Fact]
    public void The_document_is_what_the_schema_says()
    {
        foreach (var words in (string[])["-tuap", "-tua", "-tl state listening", "-x"])
        {
            using var bench = new ListBench(ListTableTests.Machine());
            Assert.Equal(0, bench.Run([.. words.Split(' '), "--json"]));
            JsonSchema.AssertValid(bench.Output);
        }
    }

    [Fact]
    public void Fields_stand_in_the_order_of_the_design_and_absent_facts_are_null()
    {
        using var bench = new ListBench(ListTableTests.Machine());
        bench.Run("-tuap", "--json");
        using var document = JsonDocument.Parse(bench.Output);
        Assert.Equal(
            ["schema", "takenAt", "host", "complete", "missing", "sources", "ownerSource", "sockets", "forwards"],
            document.RootElement.EnumerateObject().Select(p => p.Name));
        var sockets = document.RootElement.GetProperty("sockets").EnumerateArray().ToArray();
        Assert.Equal(
            ["protocol", "family", "dualStack", "local", "remote", "state", "receiveQueue", "sendQueue", "service", "user", "inode",
                "cookie", "namespace", "owners", "bytesSent", "bytesReceived"],
            sockets[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal("2026-03-04T05:06:07.000Z", document.RootElement.GetProperty("takenAt").GetString());
        Assert.Equal(
            """{"protocol":"tcp","family":"ipv6","dualStack":true,"local":{"address":"::","port":80,"interface":null},"remote":null,"state":"LISTEN","receiveQueue":3,"sendQueue":5,"service":"http","user":{"id":1000,"name":null},"inode":1001,"cookie":"3e9","namespace":"net:[4026531840]"}""",
            Compact(sockets.Single(s => s.GetProperty("receiveQueue").GetInt32() == 3), "owners", "bytesSent", "bytesReceived"));
        var timeWait = sockets.Single(s => s.GetProperty("state").GetString() == "TIME-WAIT");
        Assert.Equal("[]", timeWait.GetProperty("owners").GetRawText());
        Assert.All(["user", "inode"], name => Assert.Equal(JsonValueKind.Null, timeWait.GetProperty(name).ValueKind));
        Assert.Equal("""{"address":"127.0.0.1","port":80}""", Compact(timeWait.GetProperty("remote")));
        Assert.Equal("http", timeWait.GetProperty("service").GetString());
        var connection = sockets.Single(
            s => s.GetProperty("bytesSent").ValueKind == JsonValueKind.Number && s.GetProperty("bytesSent").GetInt32() == 200);
        Assert.Equal(100, connection.GetProperty("bytesReceived").GetInt32());
        Assert.Equal("sshd", connection.GetProperty("owners")[0].GetProperty("name").GetString());
    }

    [Fact]
    public void The_sources_are_named_and_on_stderr_only_those_that_are_not_the_usual()
    {
        var machine = new MachineBuilder
        {
            Sources = [
            new(SocketProtocols.Tcp | SocketProtocols.Udp, "netlink"), new(SocketProtocols.Raw, "/proc/net/raw"),
            new(SocketProtocols.Sctp, SocketSourceNote.Absent)]
        };
        using var json = new ListBench(machine);
        using var text = new ListBench(machine);
        json.Run("-ap", "--json");
        text.Run("-a");

        var document = JsonSchema.AssertValid(json.Output);
        Assert.Equal(
            """[{"protocols":["tcp","udp"],"source":"netlink"},{"protocols":["raw"],"source":"/proc/net/raw"},{"protocols":["sctp"],"source":"absent"}]""",
            string.Concat(document.GetProperty("sources").GetRawText().Where(c => !char.IsWhiteSpace(c))));
        Assert.Equal("/proc", document.GetProperty("ownerSource").GetString());
        Assert.Equal("", json.Error);
        Assert.Equal("portolan: raw sockets: read from /proc/net/raw, not over netlink\n", text.Error);
    }

    [Fact]
    public void Owners_are_null_when_not_looked_for_or_hidden_and_the_document_says_so()
    {
        using var plain = new ListBench(ListTableTests.Machine());
        plain.Run("-ta", "--json");
        Assert.All(Sockets(plain.Output), s => Assert.Equal(JsonValueKind.Null, s.GetProperty("owners").ValueKind));

        var machine = new MachineBuilder { HiddenProcesses = 1 }.Listen("127.0.0.1:1").TimeWait("127.0.0.1:4", "127.0.0.1:5");
        using var hidden = new ListBench(machine);
        hidden.Run("-tap", "--json");
        using var document = JsonDocument.Parse(hidden.Output);
        Assert.False(document.RootElement.GetProperty("complete").GetBoolean());
        Assert.Equal("the owner of 1 socket", document.RootElement.GetProperty("missing")[0].GetProperty("what").GetString());
        Assert.Equal(["null", "[]"], Sockets(hidden.Output).Select(s => s.GetProperty("owners").GetRawText()));
        Assert.Empty(hidden.Error);
    }

    [Fact]
    public void Hostile_text_survives_exactly_and_cannot_move_a_cursor()
    {
        var machine = new MachineBuilder().Process(7, "a\"\u202e\x1b[2J\n").Listen("127.0.0.1:1", 7);
        using var bench = new ListBench(machine);
        bench.Run("-tlp", "--json");
        Assert.DoesNotContain('\x1b', bench.Output);
        Assert.DoesNotContain('\u202e', bench.Output);
        Assert.StartsWith("a\"\u202e\x1b[2J", Sockets(bench.Output)[0].GetProperty("owners")[0].GetProperty("command").GetString());
    }

    [Fact]
    public void Unix_rows_carry_path_and_peer_and_packet_rows_interface_and_ether_type()
    {
        var table = new SocketTable();
        ref var unix = ref table.Add();
        (unix.Protocol, unix.State, unix.Inode) = (SocketProtocol.Unix, SocketState.Established, 10);
        table.Attach(ref unix, new UnixDetails("/run/x", 11, 1));
        ref var packet = ref table.Add();
        (packet.Protocol, packet.State, packet.LocalPort) = (SocketProtocol.Packet, SocketState.Unconnected, 3);
        var console = new TestConsole { Sockets = new OneSnapshot(table) };
        console.Run("list", "-x0a", "--json");
        JsonSchema.AssertValid(console.Output);
        var sockets = Sockets(console.Output);
        Assert.Equal(("/run/x", 11), (sockets[0].GetProperty("path").GetString(), sockets[0].GetProperty("peer").GetInt32()));
        Assert.Equal(
            (JsonValueKind.Null, 3), (sockets[1].GetProperty("interface").ValueKind, sockets[1].GetProperty("etherType").GetInt32()));
    }

    [Fact]
    public void Watching_prints_what_was_added_changed_and_removed_as_lines()
    {
        var first = new MachineBuilder().Listen("127.0.0.1:1").Connection("127.0.0.1:2", "127.0.0.1:3", bytesIn: 1);
        var second = new MachineBuilder().Listen("127.0.0.1:9").With((ref SocketEntry e) => (e.Cookie, e.Inode) = (77, 77))
            .Connection("127.0.0.1:2", "127.0.0.1:3", bytesIn: 5, state: SocketState.CloseWait);
        using var bench = new ListBench(first, second, second);
        Assert.Equal(0, bench.Run("-ta", "--json", "--watch=0.1", "--count", "3"));
        var events =
            bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal("portolan.sockets/1", events[0].GetProperty("schema").GetString());
        Assert.Equal(
            ["start", "added 1", "added 2", "added 9", "changed 2", "removed 1"],
            events.Select(
                e => e.GetProperty("event").GetString()
                    + (e.TryGetProperty("socket", out var s) ? " " + s.GetProperty("local").GetProperty("port") : "")));
        Assert.Equal(3, bench.Queries.Count);
        var schema = JsonSchema.Load("portolan.sockets/1");
        Assert.All(events, line => Assert.Empty(schema.Validate(line)));
    }

    [Fact]
    public void Watching_reports_what_is_missing_at_the_start_and_when_that_changes()
    {
        var first = new MachineBuilder().Listen("127.0.0.1:1");
        var second = new MachineBuilder { HiddenProcesses = 3 }.Listen("127.0.0.1:1");
        using var bench = new ListBench(first, second, second);
        Assert.Equal(0, bench.Run("-tlp", "--json", "--watch=0.1", "--count", "3"));
        var events =
            bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(["start", "added", "missing"], events.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal((true, false), (events[0].GetProperty("complete").GetBoolean(), events[2].GetProperty("complete").GetBoolean()));
        var schema = JsonSchema.Load("portolan.sockets/1");
        Assert.All(events, line => Assert.Empty(schema.Validate(line)));
    }

    [Fact]
    public void Watching_a_table_repeats_it()
    {
        using var bench = new ListBench(new MachineBuilder().Listen("127.0.0.1:1"), new MachineBuilder().Listen("127.0.0.1:2"));
        bench.Run("-tlnH", "--watch=0.1", "--count", "2", "--columns", "localPort");
        Assert.Equal("1\n\n2\n", bench.Output);
        using var terminal = new ListBench(new MachineBuilder().Listen("127.0.0.1:1")) { IsTerminal = true, Term = "xterm" };
        terminal.Run("-tlnH", "--watch=0.1", "--count", "1", "--columns", "localPort");
        Assert.Equal("\x1b[H\x1b[J1\n", terminal.Output);
    }

    [Fact]
    public void Watching_ends_with_q()
    {
        using var terminal = new ListBench(new MachineBuilder().Listen("127.0.0.1:1")) { IsTerminal = true, Typed = "xq" };
        Assert.Equal(0, terminal.Run("-tlnH", "--watch=1h", "--columns", "localPort"));
        Assert.Equal("1\n", terminal.Output);
    }

    [Fact]
    public void Watching_sends_no_control_sequence_to_a_dumb_terminal()
    {
        using var terminal = new ListBench(new MachineBuilder().Listen("127.0.0.1:1")) { IsTerminal = true, Term = "dumb" };
        terminal.Run("-tlnH", "--watch=0.1", "--count", "2", "--columns", "localPort");
        Assert.Equal("1\n\n1\n", terminal.Output);
    }

    [Fact]
    public void Csv_quotes_what_needs_it_and_keeps_a_record_on_its_line()
    {
        var machine = new MachineBuilder().Process(7, "a", command: ["say", "\"hi\",", "x\ny"]).Process(8, "=cmd").Listen("127.0.0.1:1", 7)
            .Listen("127.0.0.1:2", 8);
        using var bench = new ListBench(machine);
        bench.Run("-tlp", "--csv", "--columns", "localPort,process,command,owner");
        Assert.Equal("localPort,process,command,owner\r\n1,a,\"say \"\"hi\"\", x\\x0ay\",a 7\r\n2,'=cmd,'=cmd,'=cmd 8\r\n", bench.Output);
    }

    [Fact]
    public void Csv_carries_the_facts_of_the_document()
    {
        using var bench = new ListBench(ListTableTests.Machine());
        bench.Run("-tuap", "--csv");
        var lines = bench.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(8, lines.Length);
        Assert.Equal(
            "protocol,family,dualStack,localAddress,localPort,interface,remoteAddress,remotePort,state,receiveQueue,sendQueue,service,"
                + "userId,user,inode,cookie,namespace,pid,process,command,unit,container,bytesSent,bytesReceived,path,peer",
            lines[0]);
        Assert.Equal(
            "tcp,ipv4,false,192.0.2.10,22,,198.51.100.7,51234,ESTABLISHED,0,0,ssh,1000,,1003,3eb,net:[4026531840],812,sshd,sshd,,,200,100,"
                + ",", lines[4]);
    }

    private static JsonElement[] Sockets(string output) =>
        [.. JsonDocument.Parse(output).RootElement.GetProperty("sockets").EnumerateArray()];

    private static string Compact(JsonElement element, params string[] without) =>
        "{" + string.Join(
            ',',
            element.EnumerateObject().Where(p => !without.Contains(p.Name)).Select(
                p => $"\"{p.Name}\":{JsonSerializer.Serialize(p.Value)}")) + "}";
}
