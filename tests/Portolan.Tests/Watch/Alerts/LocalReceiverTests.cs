using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Portolan.Server.Watch.Settings;
using Portolan.Tests.Support;
using Portolan.Watch.Alerts;
using Portolan.Watch.Recording;
using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch.Alerts;

/// <summary>Syslog, the journal and programs, on sockets and files of this machine.</summary>
public sealed class LocalReceiverTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AlertStory _story = new();

    public LocalReceiverTests()
    {
        _story.Opens(ChartTexts.Row(80, bind: "0.0.0.0", exposure: "reachable"), ChartTexts.Row(81));
        // Programs run from folders that no other user can write.
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _story.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task This_machines_syslog_gets_a_line_for_each_event_as_syslog_writes_it()
    {
        using var log = Listen(_folder["log"]);

        await Receiver($"kind: syslog, server: \"unix:{_folder["log"]}\", facility: local3").SendAsync(Message(), Token);

        Assert.Matches(
            @"^<156>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} portolan\[[0-9]+\]: .*80/tcp opened: nginx, 0.0.0.0, reachable", Next(log));
        Assert.Matches(@"^<157>.*81/tcp opened: nginx, 127.0.0.1, local", Next(log));
    }

    [Fact]
    public async Task Another_machines_syslog_gets_RFC_5424_by_UDP()
    {
        using var log = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        log.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        await Receiver($"kind: syslog, server: \"udp://{log.LocalEndPoint}\"").SendAsync(Message(), Token);

        Assert.Matches(@"^<28>1 [0-9-]{10}T[0-9:.]{12}Z web-3 portolan [0-9]+ port-opened - .*80/tcp opened", Next(log));
    }

    [Fact]
    public async Task By_TCP_each_line_has_its_length_before_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var sending = Receiver($"kind: syslog, server: \"tcp://{listener.LocalEndpoint}\"").SendAsync(Message(), Token);
        using var client = await listener.AcceptTcpClientAsync(Token);
        using var reader = new StreamReader(client.GetStream());
        var all = await reader.ReadToEndAsync(Token);
        await sending;

        var lines = new List<string>();
        for (var rest = all; rest.Length > 0;)
        {
            var (length, space) = (int.Parse(rest.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), rest.IndexOf(' ') + 1);
            lines.Add(rest.Substring(space, length));
            rest = rest[(space + length)..];
        }

        Assert.Equal(2, lines.Count);
        Assert.All(lines, static line => Assert.StartsWith("<2", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_syslog_that_is_not_there_is_no_acceptance()
    {
        var refusal = await Assert.ThrowsAsync<AlertRefusedException>(
            () => Receiver($"kind: syslog, server: \"unix:{_folder["none"]}\"").SendAsync(Message(), Token));

        Assert.Contains(_folder["none"], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_journal_gets_an_entry_with_fields()
    {
        using var journal = Listen(_folder["journal"]);

        await Receiver($"kind: journal, socket: \"{_folder["journal"]}\"").SendAsync(Message(), Token);

        var fields = Fields(journal);
        Assert.Equal(
            ("4", "port-opened", "80", "tcp", "nginx", "reachable", "portolan", "web-3-1"),
            (fields["PRIORITY"], fields["PORTOLAN_EVENT"], fields["PORTOLAN_PORT"], fields["PORTOLAN_PROTOCOL"], fields["PORTOLAN_OWNER"],
                fields["PORTOLAN_REACH"], fields["SYSLOG_IDENTIFIER"], fields["PORTOLAN_EVENT_ID"]));
        Assert.Contains("80/tcp opened", fields["MESSAGE"], StringComparison.Ordinal);
        Assert.Equal("5", Fields(journal)["PRIORITY"]);
    }

    [Fact]
    public async Task A_program_gets_the_message_on_stdin_and_its_status_decides()
    {
        var path = Program($"cat >{_folder["got"]}; echo no disk >&2; exit $1");

        await Receiver($"kind: program, path: \"{path}\", arguments: [0]").SendAsync(Message(), Token);

        var document = JsonDocument.Parse(File.ReadAllText(_folder["got"])).RootElement;
        Assert.Empty(JsonSchema.Load("portolan.alert/1").Validate(document));
        Assert.Equal(2, document.GetProperty("events").GetArrayLength());
        var refusal = await Assert.ThrowsAsync<AlertRefusedException>(
            () => Receiver($"kind: program, path: \"{path}\", arguments: [\"3\"]").SendAsync(Message(), Token));
        Assert.Equal($"{path} ended with 3: no disk", refusal.Message);
    }

    [Fact]
    public async Task A_program_has_no_capabilities_and_a_limited_time()
    {
        var path = Program($"grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status >{_folder["caps"]}; [ $1 = no ] || sleep 60");

        await Receiver($"kind: program, path: \"{path}\", arguments: \"no\"").SendAsync(Message(), Token);

        var status = File.ReadAllText(_folder["caps"]);
        Assert.Contains("CapEff:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<AlertRefusedException>(
            () => Receiver($"kind: program, path: \"{path}\", arguments: \"yes\", limit: 1s").SendAsync(Message(), Token));
        Assert.Contains("did not finish within 1 s", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0b111_101_111, "other users can write ")]
    [InlineData(0b110_100_100, "is not executable")]
    public void A_program_that_others_choose_is_refused(int mode, string reason)
    {
        var path = Program("exit 0");
        File.SetUnixFileMode(path, (UnixFileMode)mode);

        Assert.Contains(reason, Fault($"kind: program, path: \"{path}\""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_others_can_write_counts_too_and_is_looked_at_before_each_run()
    {
        var path = Program("exit 0");
        var receiver = Receiver($"kind: program, path: \"{path}\"");
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_111_101);

        Assert.Contains($"other users can write {_folder.Path}", Fault($"kind: program, path: \"{path}\""), StringComparison.Ordinal);
        await Assert.ThrowsAsync<AlertRefusedException>(() => receiver.SendAsync(Message(), Token));
    }

    [Theory]
    [InlineData("kind: program, path: cat", "is not an absolute path")]
    [InlineData("kind: program, path: /no/such/program", "there is no program")]
    [InlineData("kind: syslog, server: 192.0.2.1", "is not a server of syslog")]
    [InlineData("kind: syslog, facility: lokal0", "there is no facility 'lokal0'; did you mean local0?")]
    [InlineData("kind: journal, socket: x", "is not an absolute path")]
    public void A_mistake_is_found(string keys, string reason) => Assert.Contains(reason, Fault(keys), StringComparison.Ordinal);

    private string Program(string script)
    {
        File.WriteAllText(_folder["program"], $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(_folder["program"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return _folder["program"];
    }

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static byte[] Bytes(Socket socket)
    {
        socket.ReceiveTimeout = (int)Bounded.Limit.TotalMilliseconds;
        var buffer = new byte[65536];
        return buffer[..socket.Receive(buffer)];
    }

    private static string Next(Socket socket) => Encoding.UTF8.GetString(Bytes(socket));

    private static Dictionary<string, string> Fields(Socket journal)
    {
        var (entry, fields) = (Bytes(journal), new Dictionary<string, string>(StringComparer.Ordinal));
        for (var at = 0; at < entry.Length;)
        {
            var name = entry.AsSpan(at, entry.AsSpan(at).IndexOf((byte)'\n'));
            at += name.Length + 1;
            var length = (int)BitConverter.ToUInt64(entry, at);
            fields[Encoding.ASCII.GetString(name)] = Encoding.UTF8.GetString(entry, at + 8, length);
            Assert.Equal((byte)'\n', entry[at + 8 + length]);
            at += 8 + length + 1;
        }

        return fields;
    }

    private AlertMessage Message()
    {
        using var store = _story.Open();
        return AlertMessage.Of(
            "a", [.. new HistoryReader(store).ChangesAfter(0, null, 10).Select(WatchEvent.Of).OfType<WatchEvent>()]);
    }

    private WatchReading Read(string keys)
    {
        File.WriteAllText(_folder["w.yaml"], $"schema: portolan.watch/1\nreceivers:\n  a: {{ {keys} }}");
        return WatchFile.Read(_folder["w.yaml"], static _ => null, TimeProvider.System);
    }

    private IAlertReceiver Receiver(string keys) => Read(keys).Settings!.Routes[0].Receiver;

    private string Fault(string keys) => Assert.Single(Read(keys).Faults).ToString();
}
