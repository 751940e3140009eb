using System.Buffers.Binary;
using System.Text;

namespace Portolan.Tests.Lab.Services;

/// <summary>SSH, Telnet, NTP, Redis, PostgreSQL, MySQL, IRC, NNTP and SNMP.</summary>
public sealed class OtherServiceTests
{
    [Fact]
    public async Task Ssh_says_its_version_and_algorithms_and_ends_politely()
    {
        await using var world = new ServiceWorld();
        world.Serve("ssh", 22, ("version", "Lab_1.0"));
        await using var talk = await world.ConnectAsync(22);
        Assert.Equal("SSH-2.0-Lab_1.0", await talk.LineAsync());
        var kex = await PacketAsync(talk);
        Assert.Equal(20, kex[0]);
        Assert.Contains("curve25519-sha256", Encoding.ASCII.GetString(kex), StringComparison.Ordinal);

        // The same list back is as good as any client's.
        await talk.SendAsync("SSH-2.0-test\r\n");
        await talk.SendAsync(Packed(kex));
        var end = await PacketAsync(talk);
        Assert.Equal(1, end[0]);
        Assert.Equal(11, BinaryPrimitives.ReadInt32BigEndian(end.AsSpan(1)));
        Assert.Null(await talk.LineAsync());
    }

    [Fact]
    public async Task Ssh_does_not_speak_with_other_protocols()
    {
        await using var world = new ServiceWorld();
        world.Serve("ssh", 22);
        await using var talk = await world.ConnectAsync(22);
        await talk.SendAsync("GET / HTTP/1.0\r\n\r\n");
        Assert.EndsWith("Protocol mismatch.\r\n", await talk.RestAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Telnet_asks_for_the_terminal_first_refuses_other_options_and_has_a_shell()
    {
        await using var world = new ServiceWorld();
        world.Serve("telnet", 23, ("banner", "hello"));
        await using var talk = await world.ConnectAsync(23);

        // DO TERMINAL-TYPE, DO TERMINAL-SPEED, DO X-DISPLAY-LOCATION, DO NEW-ENVIRON: all but one are answered, and then nothing has been
        // typed yet.
        Assert.Equal("FFFD18FFFD20FFFD23FFFD27", Convert.ToHexString(await talk.BytesAsync(12)));
        await talk.SendAsync("\u00ff\u00fb\u0018\u00ff\u00fc\u0020\u00ff\u00fc\u0023\u00ff\u00fc\u0027");
        Assert.Equal("FFFB03FFFB01", Convert.ToHexString(await talk.BytesAsync(6)));
        Assert.Equal("hello", await talk.LineAsync());

        // DO TERMINAL-TYPE is refused, WILL NAWS too, and what is inside a subnegotiation is passed over. DONT ECHO: nothing is echoed.
        await talk.SendAsync("\u00ff\u00fe\u0001\u00ff\u00fd\u0018\u00ff\u00fb\u001f\u00ff\u00fa\u0018whatever\u00ff\u00f0user\r\0secret\r\nwhoami\r\nexit\r\n");
        var answer = await talk.RestAsync();
        Assert.StartsWith("server login: \u00ff\u00fc\u0018\u00ff\u00fe\u001fPassword: \r\n", answer, StringComparison.Ordinal);
        Assert.Contains("user@server$ user\r\nuser@server$ logout\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Telnet_echoes_what_is_typed_where_the_client_wants_it_and_never_a_password()
    {
        await using var world = new ServiceWorld();
        world.Serve("telnet", 23, ("banner", "hello"));
        await using var talk = await world.ConnectAsync(23);
        await talk.SendAsync("\u00ff\u00fd\u0001\u00ff\u00fd\u0003");

        // A client that says nothing else is not waited for longer than a moment.
        Assert.Equal("FFFD18FFFD20FFFD23FFFD27FFFC01FFFC03FFFB03FFFB01", Convert.ToHexString(await talk.BytesAsync(24)));
        Assert.Equal("hello", await talk.LineAsync());
        await talk.SendAsync("\u00ff\u00fd\u0001usee\u007fr\r\0secret\r\0exit\r\0");
        var answer = await talk.RestAsync();
        Assert.StartsWith("server login: usee\b \br\r\nPassword: \r\nWelcome.", answer, StringComparison.Ordinal);
        Assert.EndsWith("user@server$ exit\r\nlogout\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Telnet_waits_before_it_refuses_a_login()
    {
        await using var world = new ServiceWorld();
        world.Serve("telnet", 23, ("pause", "1"));
        await using var talk = await world.ConnectAsync(23);
        await talk.SendAsync("user\nwrong\n");
        var start = TimeProvider.System.GetTimestamp();
        while (await talk.LineAsync() is { } line && line != "Login incorrect")
        {
        }

        // A lower bound holds on a busy machine too.
        Assert.True(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMilliseconds(800));
    }

    [Fact]
    public async Task Telnet_lets_nobody_in_after_three_wrong_passwords()
    {
        await using var world = new ServiceWorld();
        world.Serve("telnet", 23, ("pause", "0"));
        await using var talk = await world.ConnectAsync(23);
        await talk.SendAsync("a\nb\nc\nd\ne\nf\nwhoami\n");
        Assert.EndsWith("Login incorrect\r\n", await talk.RestAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x1b, 0x1c)]
    [InlineData(0x23, 0x24)]
    public async Task Ntp_answers_with_the_time_in_the_version_of_the_client(byte first, byte expected)
    {
        await using var world = new ServiceWorld();
        world.Serve("ntp", 123);
        var request = new byte[48];
        request[0] = first;
        request[47] = 99;
        var reply = (await world.AskAsync(123, request))!;
        Assert.Equal((expected, 2), (reply[0], reply[1]));
        Assert.Equal(request[40..], reply[24..32]);
        var seconds = BinaryPrimitives.ReadUInt32BigEndian(reply.AsSpan(40)) - 2_208_988_800L;
        Assert.InRange(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - seconds, 0, 10);
    }

    [Fact]
    public async Task Redis_keeps_values()
    {
        await using var world = new ServiceWorld();
        world.Serve("redis", 6379);
        await using var talk = await world.ConnectAsync(6379);
        Assert.Equal("+PONG", await talk.AskAsync("PING"));
        Assert.Equal("+OK", await talk.AskAsync("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\nbc"));
        await talk.SendAsync("GET k\r\n");
        Assert.Equal("$5", await talk.LineAsync());
        Assert.Equal("a\r\nbc\r\n", Encoding.ASCII.GetString(await talk.BytesAsync(7)));
        Assert.Equal("$-1", await talk.AskAsync("SET k v NX"));
        Assert.Equal("-ERR value is not an integer or out of range", await talk.AskAsync("INCR k"));
        Assert.Equal(":1", await talk.AskAsync("INCR n"));
        Assert.Equal(":-1", await talk.AskAsync("TTL n"));
        Assert.Equal("+OK", await talk.AskAsync("SET gone 1 PX 1"));
        await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Equal(":0", await talk.AskAsync("EXISTS gone"));
        Assert.Equal(":2", await talk.AskAsync("DEL k n none"));
        Assert.StartsWith("-ERR unknown command", await talk.AskAsync("NONSENSE"), StringComparison.Ordinal);
        Assert.Equal("-ERR Protocol error: invalid bulk length", await talk.AskAsync("*1\r\n$99999999"));
        Assert.Null(await talk.LineAsync());
    }

    [Fact]
    public async Task Redis_wants_its_password()
    {
        await using var world = new ServiceWorld();
        world.Serve("redis", 6379, ("password", "pw"));
        await using var talk = await world.ConnectAsync(6379);
        Assert.StartsWith("-NOAUTH", await talk.AskAsync("GET k"), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", await talk.AskAsync("AUTH x"), StringComparison.Ordinal);
        Assert.Equal("+OK", await talk.AskAsync("AUTH pw"));
        Assert.Equal("$-1", await talk.AskAsync("GET k"));
    }

    [Fact]
    public async Task Postgresql_greets_and_selects_a_constant()
    {
        await using var world = new ServiceWorld();
        world.Serve("postgresql", 5432, ("password", "pw"));
        await using var talk = await world.ConnectAsync(5432);

        // No GSS; then the start, the password, a query, one that is none, and the extended protocol.
        await talk.SendAsync([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30]);
        Assert.Equal((byte)'N', (await talk.BytesAsync(1))[0]);
        await talk.SendAsync([0, 0, 0, 19, 0, 3, 0, 0, .. "user\0alice\0"u8]);
        Assert.Equal("R", await MessagesAsync(talk, 'R'));
        await talk.SendAsync([(byte)'p', 0, 0, 0, 7, .. "pw\0"u8]);
        Assert.Equal("RSSSSSSSKZ", await MessagesAsync(talk, 'Z'));
        await talk.SendAsync([(byte)'Q', 0, 0, 0, 26, .. "select 1, 'it''s a,b'\0"u8]);
        Assert.Equal("TD1,it's a,bCZ", await MessagesAsync(talk, 'Z'));
        await talk.SendAsync([(byte)'Q', 0, 0, 0, 18, .. "drop table x;\0"u8]);
        Assert.Equal("E0A000Z", await MessagesAsync(talk, 'Z'));
        await talk.SendAsync([(byte)'P', 0, 0, 0, 4, (byte)'B', 0, 0, 0, 4, (byte)'S', 0, 0, 0, 4]);
        Assert.Equal("E0A000Z", await MessagesAsync(talk, 'Z'));
        await talk.SendAsync([(byte)'X', 0, 0, 0, 4]);
        Assert.Equal("", await talk.RestAsync());
        await world.AllTalksEndAsync();
    }

    [Fact]
    public async Task Mysql_greets_and_lets_nobody_in()
    {
        await using var world = new ServiceWorld();
        world.Serve("mysql", 3306);
        await using var talk = await world.ConnectAsync(3306);
        var header = await talk.BytesAsync(4);
        var greeting = await talk.BytesAsync(header[0] | (header[1] << 8));
        Assert.Equal(10, greeting[0]);
        Assert.Equal("8.0.0\0", Encoding.ASCII.GetString(greeting, 1, 6));
        await talk.SendAsync([39, 0, 0, 1, .. new byte[32], .. "alice\0"u8, 1]);
        Assert.EndsWith(
            "#28000Access denied for user 'alice'@'198.18.0.9' (using password: YES)", await talk.RestAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Irc_passes_messages_between_clients_of_a_host()
    {
        await using var world = new ServiceWorld();
        world.Serve("irc", 6667, ("motd", "be kind"));
        await using var alice = await world.ConnectAsync(6667);
        await using var bob = await world.ConnectAsync(6667);
        await EnterAsync(alice, "alice");
        await bob.SendAsync("NICK alice\r\n");
        Assert.Contains(" 433 ", await bob.LineAsync(), StringComparison.Ordinal);
        await EnterAsync(bob, "bob");
        await alice.SendAsync("JOIN #lab\r\n");
        await alice.LinesUntilAsync(l => l.Contains(" 366 ", StringComparison.Ordinal));
        await bob.SendAsync("JOIN #lab\r\n");
        await bob.LinesUntilAsync(l => l.Contains(" 366 ", StringComparison.Ordinal));
        Assert.Equal(":bob!bob@198.18.0.9 JOIN #lab", await alice.LineAsync());
        await bob.SendAsync("PRIVMSG #lab :hello all\r\nPRIVMSG alice :and you\r\nPING :x\r\n");
        Assert.Equal(":bob!bob@198.18.0.9 PRIVMSG #lab :hello all", await alice.LineAsync());
        Assert.Equal(":bob!bob@198.18.0.9 PRIVMSG alice :and you", await alice.LineAsync());
        Assert.Equal(":server.test.lab PONG server.test.lab :x", await bob.LineAsync());
        await bob.SendAsync("QUIT :bye\r\n");
        Assert.Equal(":bob!bob@198.18.0.9 QUIT :bye", await alice.LineAsync());
        Assert.Equal("ERROR :closing link: 198.18.0.9", await bob.LineAsync());
        Assert.Null(await bob.LineAsync());
    }

    [Fact]
    public async Task News_are_read_and_posted()
    {
        await using var world = new ServiceWorld();
        world.Serve("nntp", 119, ("groups", "lab.test lab.general"));
        await using var talk = await world.ConnectAsync(119);
        Assert.StartsWith("200", await talk.LineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("340", await talk.AskAsync("POST"), StringComparison.Ordinal);
        Assert.StartsWith(
            "240", await talk.AskAsync("From: a@b\r\nNewsgroups: lab.test\r\nSubject: s\r\n\r\nbody\r\n..dot\r\n."),
            StringComparison.Ordinal);
        Assert.Equal("211 1 1 1 lab.test", await talk.AskAsync("GROUP lab.test"));
        await talk.SendAsync("BODY 1\r\n");
        Assert.Equal(["body", "..dot", "."], (await talk.LinesUntilAsync(l => l == "."))[1..]);
        await talk.SendAsync("OVER 1-\r\n");
        Assert.StartsWith("1\ts\ta@b\t", (await talk.LinesUntilAsync(l => l == "."))[1], StringComparison.Ordinal);
        Assert.StartsWith("421", await talk.AskAsync("NEXT"), StringComparison.Ordinal);
        Assert.StartsWith("411", await talk.AskAsync("GROUP none"), StringComparison.Ordinal);
        Assert.StartsWith("205", await talk.AskAsync("QUIT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snmp_answers_its_community_only()
    {
        await using var world = new ServiceWorld();
        world.Serve("snmp", 161, ("community", "lab"));
        var get = Snmp("lab", 0xa0);
        var reply = (await world.AskAsync(161, get))!;
        Assert.Contains("server", Encoding.ASCII.GetString(reply), StringComparison.Ordinal);
        Assert.Contains("test.lab", Encoding.ASCII.GetString((await world.AskAsync(161, Snmp("lab", 0xa1)))!), StringComparison.Ordinal);
        Assert.Null(await world.AskAsync(161, Snmp("bad", 0xa0), patienceMilliseconds: 100));
    }

    // sysName of a version 2c agent.
    private static byte[] Snmp(string community, byte kind)
    {
        byte[] pdu = [kind, 25, 2, 1, 7, 2, 1, 0, 2, 1, 0, 48, 14, 48, 12, 6, 8, 0x2b, 6, 1, 2, 1, 1, 5, 0, 5, 0];
        pdu[1] = (byte)(pdu.Length - 2);
        byte[] inner = [2, 1, 1, 4, (byte)community.Length, .. Encoding.ASCII.GetBytes(community), .. pdu];
        return [48, (byte)inner.Length, .. inner];
    }

    private static async Task EnterAsync(TestTalk talk, string nick)
    {
        await talk.SendAsync($"CAP LS 302\r\nNICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END\r\n");
        var lines = await talk.LinesUntilAsync(l => l.Contains(" 376 ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains(" 001 ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.EndsWith(":- be kind", StringComparison.Ordinal));
    }

    private static async Task<byte[]> PacketAsync(TestTalk talk)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(await talk.BytesAsync(4));
        Assert.Equal(0, (length + 4) % 8);
        var packet = await talk.BytesAsync(length);
        Assert.InRange(packet[0], 4, 255);
        return packet[1..(length - packet[0])];
    }

    private static byte[] Packed(byte[] payload) =>
        [0, 0, (byte)((payload.Length + 5) >> 8), (byte)(payload.Length + 5), 4, .. payload, 0, 0, 0, 0];

    // The kinds of messages up to one, with the values of rows and the codes of errors.
    private static async Task<string> MessagesAsync(TestTalk talk, char last)
    {
        var text = new StringBuilder();
        while (true)
        {
            var header = await talk.BytesAsync(5);
            var body = await talk.BytesAsync(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4);
            text.Append((char)header[0]);
            if (header[0] == 'E')
            {
                text.Append(Encoding.UTF8.GetString(body).Split('\0').First(f => f.StartsWith('C'))[1..]);
            }

            if (header[0] == 'D')
            {
                var values = new List<string>();
                for (var at = 2; at < body.Length;)
                {
                    var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at));
                    values.Add(Encoding.UTF8.GetString(body, at + 4, length));
                    at += 4 + length;
                }

                text.Append(string.Join(',', values));
            }

            if (header[0] == last)
            {
                return text.ToString();
            }
        }
    }
}
