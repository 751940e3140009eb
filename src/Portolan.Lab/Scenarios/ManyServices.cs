using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Model.Registry;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Many services on one address: the port of a segment says which of them it is for; and one PC that uses several at once.
/// </summary>
internal sealed class ManyServices : IScenario
{
    private const string Subject = "The port decides";

    private static readonly int[] TcpPorts = [21, 25, 53, 80, 587, 993, 5432];

    public string Name => "many-services";

    public string Summary => "web, mail, files, a database and names on one address, told apart by the port alone";

    public async Task PlayAsync(ScenarioStage stage)
    {
        await ListAsync(stage);
        await NameAndDatabaseAsync(stage);
        await SendAsync(stage);
        await MailAndWebAsync(stage);
        await FilesAsync(stage);
        await CountAsync(stage);
    }

    private static async Task ListAsync(ScenarioStage stage)
    {
        await stage.StepAsync("One server has one address, and seven services on it: files, mail twice to send and once to read, names, "
            + "web and a database. Each waits at a port of its own. Names have two, both 53: TCP and UDP have "
            + "each their own 65,536 ports.");
        var sockets = stage["server"].GetSockets();
        var listening = sockets.Where(static s => s.State == TcpState.Listen).Select(static s => (int)s.LocalPort.Value).Order().ToList();
        stage.Show("sockets that wait, and IANA's names of their ports", TextColumns.Lines(
            ["protocol", "port", "name"],
            sockets.Where(static s => s.RemoteAddress is null).OrderBy(static s => s.LocalPort.Value).Select(
                static s => (IReadOnlyList<string>)
                [s.Protocol == TransportProtocol.Tcp ? "tcp" : "udp", $"{s.LocalPort.Value}",
                    ServiceRegistry.BuiltIn.PrimaryNameText(s.LocalPort, s.Protocol) ?? ""])));
        stage.Expect(
            listening.SequenceEqual(TcpPorts), $"the server listens on the TCP ports {string.Join(", ", TcpPorts)}",
            string.Join(", ", listening));
        stage.ExpectEqual(
            1, sockets.Count(static s => s.Protocol == TransportProtocol.Udp && s.LocalPort.Value == 53),
            "the number of its UDP sockets at port 53");
        stage.ExpectEqual(1, stage.Network.Directory.Find("server").Count, "the number of its addresses");
    }

    private static async Task NameAndDatabaseAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "The PC asks for the name mail.example.com at UDP port 53, and opens a session with the database at TCP port 5432. Same "
                + "address, and each gets its own service: "
            + "the first a datagram, the second a connection.");
        var reply = await NameClient.AskAsync(stage["pc"], stage.EndPointOf("server", 53), "mail.example.com", stage.Time);
        await using var dial = await ConnectAsync(stage, 5432);
        await dial.WriteAsync(PostgresStartup("user"));
        var first = new byte[9];
        await dial.ReadExactlyAsync(first);
        stage.Expect(
            reply.Addresses is [var address] && address == stage.AddressOf("server"),
            "the name server knows the name, and it is its own address");
        stage.Expect(
            first is [(byte)'R', 0, 0, 0, 8, 0, 0, 0, 0], "the database lets the user in (AuthenticationOk of PostgreSQL's protocol)",
            Convert.ToHexString(first));
    }

    private static async Task SendAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "The PC sends a mail. Mail programs hand their mail in at port 587 (submission), where the server wants to know who they are. "
                + "Port 25 is where "
            + "servers hand mail to each other. The ladder shows how it begins.");
        stage.ShowPackets(10);
        await using var stream = await ConnectAsync(stage, 587);
        var said = await MailClient.SubmitAsync(stream, "user@example.com", "user@example.com", Subject, "Both at one address.");
        stage.Show(
            "what is said at port 587, shortened", ShortText.Lines(said, static l => !l.StartsWith("S: 250-", StringComparison.Ordinal)));
        stage.Remark("AUTH PLAIN is not secret: the word after it is the name and the password in base64, and here they cross the wire "
            + "in clear. Real servers ask for TLS first (STARTTLS, RFC 3207).");
        var login = said.Find(static l => l.StartsWith("C: AUTH PLAIN ", StringComparison.Ordinal))?["C: AUTH PLAIN ".Length..] ?? "";
        stage.ExpectEqual(
            "/user/secret", Encoding.ASCII.GetString(Convert.FromBase64String(login)).Replace('\0', '/'),
            "what anybody on the way can read there");
        stage.Expect(said[^1].StartsWith("S: 250", StringComparison.Ordinal), "the server takes the mail", said[^1]);
        await using var stranger = await ConnectAsync(stage, 587);
        var refusal = await MailClient.TrySubmitAsStrangerAsync(stranger, "user@example.com");
        stage.Expect(refusal.StartsWith("530", StringComparison.Ordinal), "who does not log in is refused at port 587", refusal);

        await using var other = await ConnectAsync(stage, 25);
        var talk = new Talk(other);
        var greeting = await talk.AnswerAsync();
        stage.Expect(
            greeting.StartsWith("220", StringComparison.Ordinal), "at port 25 of the same address a mail server answers too", greeting);
    }

    private static async Task MailAndWebAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "The PC reads its mail and looks at a page at once: two connections from one address to one address. They differ in the "
                + "server's port, 993 and 80, and in the PC's own.");
        stage.ShowPackets(8);
        await using var web = await ConnectAsync(stage, 80);
        await using var mail = await ConnectAsync(stage, 993);
        stage.ShowPairs("pc", "server");
        var reading = ReadMailAsync(stage, mail);
        var loading = Browser.GetAsync(web, "example.com", "/");
        await Task.WhenAll(reading, loading);
        var (said, page) = (await reading, await loading);
        stage.Show(
            "what IMAP says, shortened",
            ShortText.Lines(
                said, static l => l.Contains("FETCH", StringComparison.Ordinal) || l.Contains("Subject", StringComparison.Ordinal)));
        stage.Expect(said.Exists(static l => l == $"S: Subject: {Subject}"), "the mail is there, over TLS at port 993");
        stage.Expect(page.Contains("<h1>Example Domain</h1>", StringComparison.Ordinal), "the page is there, at port 80");

        var data = WirePacket.Arrived(stage.Packets).Where(static p => p.Data.Length > 0 && p.Record.To == "pc").ToList();
        var (mails, pages) = (data.Where(static p => p.SourcePort.Value == 993).ToList(),
            data.Where(static p => p.SourcePort.Value == 80).ToList());
        stage.Expect(
            mails.Count > 0 && pages.Count > 0 && pages[0].Record.Time < mails[^1].Record.Time
                && mails[0].Record.Time <= pages[^1].Record.Time, "segments of both arrived in between each other");
        stage.Expect(
            mails.TrueForAll(p => p.DestinationPort.Value == mail.LocalEndPoint.Port)
                && pages.TrueForAll(p => p.DestinationPort.Value == web.LocalEndPoint.Port),
                "each came to the port of its own program on the PC");
        stage.Expect(
            !Contains(mails, Subject) && Contains(pages, "Example Domain"),
            "the page can be read on the wire; the mail cannot, for TLS hides it and not its ports");
    }

    private static async Task FilesAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "FTP takes two connections: one to port 21 for the commands, and one for each file. The PC asks for a port (EPSV), the server "
                + "names one of its ephemeral ports, and the "
            + "PC connects to it. The ladder shows that connection.");
        await using var control = await ConnectAsync(stage, 21);
        var client = new FileClient(stage["pc"], new Talk(control));
        await client.LoginAsync();
        await using var data = await client.OpenDataAsync(stage.AddressOf("server").ToIPAddress());
        stage.ShowPairs("pc", "server");
        var port = data.RemoteEndPoint.Port;
        stage.DrawOnly(p => WirePacket.Crossings([p]) is [var s] && (s.SourcePort.Value == port || s.DestinationPort.Value == port));
        var file = await client.FetchAsync("readme.txt", data);
        stage.Show("what is said at port 21", [.. client.Transcript]);
        stage.Expect(port is >= 32768 and <= 60999, "the data come from an ephemeral port of the server", $"it is {port}");
        stage.Expect(
            client.Transcript.Exists(l => l.Contains($"|||{port}|", StringComparison.Ordinal)),
            $"it is the one that the server named on the control connection, {port}");
        var texts = WirePacket.Arrived(stage.Packets).Where(p => p.Record.To == "pc" && p.SourcePort.Value == port).ToList();
        stage.Expect(file.Length > 0 && Contains(texts, file), "the file crossed on the data connection");
        stage.Expect(
            client.Transcript[^1].StartsWith("S: 226", StringComparison.Ordinal), "the control connection says that it is whole",
            client.Transcript[^1]);
    }

    private static async Task CountAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "Which service used the network most? Every packet has the server's port, so packets and bytes can be counted by port. Routers "
            + "keep such statistics, and `portolan traffic` counts them on a machine of your own.");
        var ports = stage.Conversations.GroupBy(static c => (c.Protocol, c.DestinationPort))
            .OrderBy(static g => g.Key.DestinationPort.Value).ToList();
        stage.Show("traffic by port of the server, both ways", TextColumns.Lines(
            ["port", "", "name", "connections", "packets", "bytes of data"],
            ports.Select(static g => (IReadOnlyList<string>)
            [
                $"{g.Key.DestinationPort}", g.Key.Protocol.Name(),
                ServiceRegistry.BuiltIn.PrimaryNameText(g.Key.DestinationPort, g.Key.Protocol) ?? "",
                g.Key.Protocol == TransportProtocol.Tcp ? Number(g.Count()) : "", Number(g.Sum(static c => c.PacketsThere + c.PacketsBack)),
                g.Any(static c => c.IsTls) ? "TLS" : Number(g.Sum(static c => c.BytesThere + c.BytesBack)),
            ])));
        stage.ExpectEqual(8, ports.Count, "the number of ports that were used, that of FTP's data among them,");
        stage.ExpectEqual(
            "domain", ports.Where(static g => g.Sum(static c => c.PacketsThere + c.PacketsBack) == 2).Select(
                static g => ServiceRegistry.BuiltIn.PrimaryNameText(g.Key.DestinationPort, g.Key.Protocol)).SingleOrDefault(),
            "the service that needed only two packets");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static async Task<List<string>> ReadMailAsync(ScenarioStage stage, TcpStream stream)
    {
        await using var secure = await SecureClient.OpenAsync(stream, "mail.example.com", stage.Network);
        return await MailClient.ReadNewestAsync(secure);
    }

    private static async Task<TcpStream> ConnectAsync(ScenarioStage stage, int port) =>
        await stage["pc"].ConnectTcpAsync(stage.EndPointOf("server", port), localEndPoint: null);

    private static bool Contains(IEnumerable<WirePacket> packets, string text) =>
        Encoding.UTF8.GetString([.. packets.SelectMany(static p => p.Data)]).Contains(text, StringComparison.Ordinal);

    /// <summary>The first message of PostgreSQL's protocol, version 3.0: its length, the version, and who comes.</summary>
    private static byte[] PostgresStartup(string user)
    {
        byte[] parameters = [.. Encoding.ASCII.GetBytes($"user\0{user}\0"), 0];
        var message = new byte[8 + parameters.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), 3 << 16);
        parameters.CopyTo(message, 8);
        return message;
    }
}
