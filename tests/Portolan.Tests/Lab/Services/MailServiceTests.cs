using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Tests.Lab.Services;

public sealed class MailServiceTests
{
    private static readonly string Plain = Convert.ToBase64String("\0user\0secret"u8);

    [Fact]
    public async Task A_mail_that_comes_by_smtp_is_read_by_imap_and_by_pop3()
    {
        await using var world = World();
        await DeliverAsync(world, "Subject: hello\r\n\r\nfirst line\r\n..dotted\r\n");

        await using var imap = await LoginAsync(world);
        Assert.Contains("* 1 EXISTS", await ImapAsync(imap, "a SELECT inbox"));
        var fetched =
            string.Join('\n', await ImapAsync(imap, "b FETCH 1 (BODY.PEEK[TEXT] BODY.PEEK[HEADER.FIELDS (Subject)] RFC822.SIZE)"));
        Assert.Contains("BODY[TEXT] {21}\nfirst line\n.dotted\n", fetched, StringComparison.Ordinal);
        Assert.Contains("BODY[HEADER.FIELDS (SUBJECT)] {18}\nSubject: hello\n\n", fetched, StringComparison.Ordinal);

        await using var pop = await world.ConnectAsync(110);
        Assert.StartsWith("+OK", await pop.LineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await pop.AskAsync("USER user"), StringComparison.Ordinal);
        Assert.Equal("+OK 1 mails", await pop.AskAsync("PASS secret"));
        await pop.SendAsync("RETR 1\r\n");
        var mail = await pop.LinesUntilAsync(l => l == ".");
        Assert.Equal(["Subject: hello", "", "first line", "..dotted", "."], mail[^5..]);
        Assert.Equal("Return-Path: <someone@elsewhere.example>", mail[1]);
        Assert.StartsWith("+OK", await pop.AskAsync("DELE 1"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await pop.AskAsync("QUIT"), StringComparison.Ordinal);

        // What POP3 took away, IMAP is told of.
        Assert.Contains("* 1 EXPUNGE", await ImapAsync(imap, "c NOOP"));
    }

    [Fact]
    public async Task A_client_that_idles_hears_of_a_mail()
    {
        await using var world = World();
        await using var imap = await LoginAsync(world);
        await ImapAsync(imap, "a SELECT INBOX");
        Assert.Equal("+ idling", await imap.AskAsync("b IDLE"));
        await DeliverAsync(world, "\r\nhello\r\n");
        Assert.Equal("* 1 EXISTS", await imap.LineAsync());
        Assert.Equal("b OK IDLE done", await imap.AskAsync("DONE"));
    }

    [Fact]
    public async Task Pipelined_commands_are_answered_in_order()
    {
        await using var world = World();
        await using var talk = await world.ConnectAsync(25);
        await talk.LineAsync();
        await talk.SendAsync("EHLO client\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<nobody@test.lab>\r\nRCPT TO:<user@server>\r\nDATA\r\n");
        await talk.LinesUntilAsync(l => l.StartsWith("250 ENHANCED", StringComparison.Ordinal));
        Assert.Equal(["250 2.1.0", "550 5.1.1", "250 2.1.5", "354 end "], await CodesAsync(talk, 4));
        await talk.SendAsync("x\r\n.\r\nQUIT\r\n");
        Assert.Equal(["250 2.0.0", "221 2.0.0"], await CodesAsync(talk, 2));
        Assert.Null(await talk.LineAsync());
        await world.AllTalksEndAsync();
    }

    [Theory]
    [InlineData("MAIL FROM:<a@b>", "503 5.5.1")]
    [InlineData("NONSENSE", "500 5.5.1")]
    [InlineData("EHLO", "501 5.5.4")]
    [InlineData("EHLO x|MAIL FROM:<a> SIZE=99999999", "552 5.3.4")]
    [InlineData("HELO x|MAIL FROM:<a>|RCPT TO:<user@elsewhere.example>", "550 5.7.1")]
    [InlineData("HELO x|MAIL FROM:<a>|DATA", "503 5.5.1")]
    [InlineData("HELO x|AUTH PLAIN AAAA", "501 5.5.2")]
    [InlineData("HELO x|AUTH CRAM-MD5", "504 5.5.4")]
    public async Task What_smtp_does_not_take_has_its_code(string commands, string code)
    {
        await using var world = World();
        await using var talk = await world.ConnectAsync(25);
        await talk.LineAsync();
        var answer = "";
        foreach (var command in commands.Split('|'))
        {
            await talk.SendAsync(command + "\r\n");
            answer = (await talk.LinesUntilAsync(l => l[3] == ' '))[^1];
        }

        Assert.StartsWith(code, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submission_wants_a_login()
    {
        await using var world = World();
        world.Serve("submission", 587, ("users", "alice:pw bob:pw2"));
        await using var talk = await world.ConnectAsync(587);
        await talk.LineAsync();
        await talk.SendAsync("EHLO x\r\n");
        await talk.LinesUntilAsync(l => l[3] == ' ');
        Assert.StartsWith("530", await talk.AskAsync("MAIL FROM:<a@b>"), StringComparison.Ordinal);
        Assert.StartsWith("535", await talk.AskAsync("AUTH PLAIN " + Plain), StringComparison.Ordinal);
        Assert.Equal("334 VXNlcm5hbWU6", await talk.AskAsync("AUTH LOGIN"));
        Assert.Equal("334 UGFzc3dvcmQ6", await talk.AskAsync(Convert.ToBase64String("alice"u8)));
        Assert.StartsWith("235", await talk.AskAsync(Convert.ToBase64String("pw"u8)), StringComparison.Ordinal);
        Assert.StartsWith("250", await talk.AskAsync("MAIL FROM:<a@b>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await talk.AskAsync("RCPT TO:<bob@test.lab>"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(25, "EHLO x\r\nSTARTTLS\r\n", "220 2.0.0 begin", "EHLO y", "250-server.test.lab greets y")]
    [InlineData(143, "a STARTTLS\r\n", "a OK begin", "b LOGIN user secret", "b OK")]
    [InlineData(110, "STLS\r\n", "+OK begin", "USER user", "+OK and")]
    public async Task Tls_begins_on_the_way_and_what_was_said_before_is_forgotten(
        int port, string start, string begin, string then, string answer)
    {
        await using var world = World();
        await using var talk = await world.ConnectAsync(port);

        // What is smuggled in behind the command must not be taken for what comes under TLS.
        await talk.SendAsync(start + "QUIT\r\nx LOGOUT\r\n");
        await talk.LinesUntilAsync(l => l == begin);
        await using var tls = await SecureAsync(world, talk.Stream);
        talk.Stream = tls;
        Assert.StartsWith(answer, await talk.AskAsync(then), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("imaps", 993, "* OK [CAPABILITY")]
    [InlineData("pop3s", 995, "+OK")]
    [InlineData("smtps", 465, "220 server.test.lab")]
    public async Task Mail_goes_over_tls_from_the_start_too(string service, int port, string greeting)
    {
        await using var world = World();
        world.Serve(service, port);
        await using var talk = await world.ConnectAsync(port);
        await using var tls = await SecureAsync(world, talk.Stream);
        talk.Stream = tls;
        Assert.StartsWith(greeting, await talk.LineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SEARCH ALL", "* SEARCH 1 2 3")]
    [InlineData("SEARCH SUBJECT number2", "* SEARCH 2")]
    [InlineData("SEARCH NOT SUBJECT number2 2:*", "* SEARCH 3")]
    [InlineData("SEARCH OR SUBJECT number1 (BODY text3 UNSEEN)", "* SEARCH 1 3")]
    [InlineData("UID SEARCH UID 2:3", "* SEARCH 2 3")]
    [InlineData("SEARCH SEEN", "* SEARCH")]
    [InlineData("SEARCH CHARSET UTF-8 HEADER subject {7+}\r\nnumber3", "* SEARCH 3")]
    [InlineData("SEARCH SINCE 1-Jan-2020 LARGER 10", "* SEARCH 1 2 3")]
    [InlineData("FETCH 3 FLAGS", "* 3 FETCH (FLAGS ())")]
    [InlineData("STORE 2 +FLAGS (\\Flagged \\Seen)", "* 2 FETCH (FLAGS (\\Seen \\Flagged))")]
    [InlineData("UID FETCH 1 BODY.PEEK[TEXT]<2.3>", "* 1 FETCH (UID 1 BODY[TEXT]<2> {3}")]
    [InlineData("STATUS INBOX (MESSAGES UNSEEN)", "* STATUS INBOX (MESSAGES 3 RECENT 0 UIDNEXT 4 UIDVALIDITY 1 UNSEEN 3)")]
    [InlineData("LIST \"\" \"*\"", "* LIST (\\HasNoChildren) \"/\" INBOX")]
    [InlineData("FETCH 1 NONSENSE", "z BAD FETCH set items")]
    [InlineData("SEARCH NONSENSE", "z BAD SEARCH keys")]
    [InlineData("SELECT other", "z NO [NONEXISTENT] there is INBOX only")]
    [InlineData("FETCH (((((((((((((", "z BAD unknown command")]
    public async Task Imap_looks_into_mails(string command, string first)
    {
        await using var world = World();
        for (var i = 1; i <= 3; i++)
        {
            await DeliverAsync(world, $"Subject: number{i}\r\nFrom: A B <a@b.example>\r\n\r\ntext{i}\r\n");
        }

        await using var imap = await LoginAsync(world);
        await ImapAsync(imap, "a SELECT INBOX");
        Assert.Equal(first, (await ImapAsync(imap, "z " + command))[0]);
    }

    [Fact]
    public async Task A_mail_that_is_too_large_is_refused()
    {
        await using var world = new ServiceWorld();
        world.Serve("smtp", 25, ("size", "1000"));
        Assert.StartsWith(
            "552", await DeliverAsync(world, string.Concat(Enumerable.Repeat("0123456789\r\n", 200))), StringComparison.Ordinal);
    }

    private static ServiceWorld World()
    {
        var world = new ServiceWorld();
        world.Serve("smtp", 25);
        world.Serve("imap", 143);
        world.Serve("pop3", 110);
        return world;
    }

    private static async Task<string?> DeliverAsync(ServiceWorld world, string content)
    {
        await using var talk = await world.ConnectAsync(25);
        await talk.SendAsync($"EHLO client\r\nMAIL FROM:<someone@elsewhere.example>\r\nRCPT TO:<user@test.lab>\r\nDATA\r\n");
        await talk.LinesUntilAsync(l => l.StartsWith("354", StringComparison.Ordinal));
        var answer = await talk.AskAsync(content + ".");
        await talk.SendAsync("QUIT\r\n");
        await talk.RestAsync();
        return answer;
    }

    private static async Task<TestTalk> LoginAsync(ServiceWorld world)
    {
        var talk = await world.ConnectAsync(143);
        Assert.StartsWith("* OK [CAPABILITY IMAP4rev1", await talk.LineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("x OK", (await ImapAsync(talk, "x AUTHENTICATE PLAIN " + Plain))[^1], StringComparison.Ordinal);
        return talk;
    }

    private static async Task<List<string>> ImapAsync(TestTalk talk, string command)
    {
        await talk.SendAsync(command + "\r\n");
        return await talk.LinesUntilAsync(l => l.StartsWith(command[..2], StringComparison.Ordinal));
    }

    private static async Task<string[]> CodesAsync(TestTalk talk, int count)
    {
        var codes = new string[count];
        for (var i = 0; i < count; i++)
        {
            var line = (await talk.LineAsync())!;
            codes[i] = line[..Math.Min(line.Length, line[3] == ' ' && line[0] == '3' ? 8 : 9)];
        }

        return codes;
    }

    private static async Task<SslStream> SecureAsync(ServiceWorld world, Stream stream)
    {
        using var authority = X509Certificate2.CreateFromPem(world.Authority.AuthorityPem);
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "server",
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
            TestContext.Current.CancellationToken);
        return tls;
    }
}
