using System.Globalization;
using System.Net;
using System.Text;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Model.Registry;
using Portolan.Packets;

namespace Portolan.Lab.Scenarios;

/// <summary>The ports that everybody should know: each is asked, and answers as its service.</summary>
internal sealed class WellKnown : IScenario
{
    private const int DataPort = 20;

    /// <summary>Above the ports that Linux, and so the PC, picks from: it cannot have given it to a connection already.</summary>
    private const int ListeningPort = 62_020;

    public string Name => "well-known";

    public string Summary => "the ports that everybody should know, each asked and answering as its service";

    public async Task PlayAsync(ScenarioStage stage)
    {
        await AddressByDhcp.PlayAsync(stage);
        await AskAllAsync(stage);
        await SecureAsync(stage);
        await ActiveAsync(stage);
    }

    private static async Task AskAllAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "IANA assigns port numbers to services, in three ranges (RFC 6335): system ports 0 to 1023, user ports 1024 to 49151, and "
            + "dynamic ports 49152 to 65535, which are assigned to no service. "
            + "To listen on a port below 1024 a program on Linux needs a privilege (root, or CAP_NET_BIND_SERVICE). A client goes to the "
            + "port of the service that it wants. Here a PC goes to each of them, and each server speaks as its protocol says.");
        stage.ShowPackets(10);
        var rows = new List<IReadOnlyList<string>>();
        foreach (var known in WellKnownPort.All)
        {
            var answer = await AskAsync(stage, known);
            rows.Add(
                [$"{known.Port}", known.Protocol == TransportProtocol.Tcp ? "tcp" : "udp", known.Name, known.Purpose,
                    known.Show(answer)]);
            var registered = ServiceRegistry.BuiltIn.PrimaryNameText(new PortNumber((ushort)known.Port), known.Protocol);
            stage.Expect(
                registered == known.Name && known.Proof(answer),
                $"port {known.Port} is {known.Name}'s in IANA's list, and what answers there speaks it",
                $"IANA has {registered}, and the answer is {known.Show(answer)}");
        }

        stage.Show("what answers", TextColumns.Lines(["port", "", "name", "for", "the answer begins"], rows));
        stage.ExpectEqual(
            "6667", string.Join(", ", WellKnownPort.All.Where(static p => p.Port >= 1024).Select(static p => p.Port)),
            "the only one above the system ports");
    }

    private static async Task SecureAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "Port 443 is https: web pages in TLS. The PC checks the server's certificate first, and asks for the page then. In the same "
            + "way port 993 is imaps: mail to read, in TLS.");
        stage.ShowPackets(4);
        await using var stream = await stage["pc"].ConnectTcpAsync(stage.EndPointOf("server", 443), localEndPoint: null);
        await using var secure = await SecureClient.OpenAsync(stream, "example.com", stage.Network);
        var page = await Browser.GetAsync(secure, "example.com", "/");
        var sent =
            WirePacket.Arrived(stage.Packets).Where(static p => p.DestinationPort.Value == 443).SelectMany(static p => p.Data).ToArray();
        stage.ExpectEqual(
            "https", ServiceRegistry.BuiltIn.PrimaryNameText(new PortNumber(443), TransportProtocol.Tcp), "IANA's name of port 443");
        stage.ExpectEqual(200, Browser.StatusOf(page), "the status of the reply");
        stage.Expect(sent.Length > 0 && sent.AsSpan().IndexOf("GET / "u8) < 0, "the request cannot be read on the wire");
        await using var mail = await stage["pc"].ConnectTcpAsync(stage.EndPointOf("server", 993), localEndPoint: null);
        await using var box = await SecureClient.OpenAsync(mail, "example.com", stage.Network);
        var greeting = new byte[256];
        var length = await box.ReadAsync(greeting);
        stage.ExpectEqual(
            "imaps", ServiceRegistry.BuiltIn.PrimaryNameText(new PortNumber(993), TransportProtocol.Tcp), "IANA's name of port 993");
        stage.Expect(
            Encoding.ASCII.GetString(greeting, 0, length).StartsWith("* OK", StringComparison.Ordinal), "an IMAP server answers there");
    }

    private static async Task ActiveAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"Port 20 is FTP's for data. The PC announces on the connection to port 21 that it listens at port {ListeningPort} (EPRT), "
                + $"and the server connects to it, from port 20. "
            + "This is active FTP.");
        using var acceptor = stage["pc"].ListenTcp(new IPEndPoint(IPAddress.Any, ListeningPort));
        await using var control = await stage["pc"].ConnectTcpAsync(stage.EndPointOf("server", 21), localEndPoint: null);
        var client = new FileClient(stage["pc"], new Talk(control));
        await client.LoginAsync();
        var file = await client.FetchActiveAsync("readme.txt", control.LocalEndPoint.Address, acceptor);
        stage.Show("what is said at port 21", [.. client.Transcript]);
        stage.DrawOnly(
            static p =>
                WirePacket.Crossings([p]) is [{ Protocol: TransportProtocol.Tcp } s]
                    && (s.SourcePort.Value == DataPort || s.DestinationPort.Value == DataPort));
        var syn = WirePacket.Arrived(stage.Packets).FirstOrDefault(static p => p.Is(TcpFlags.Syn) && p.Record.To == "pc");
        stage.ExpectEqual(
            "ftp-data", ServiceRegistry.BuiltIn.PrimaryNameText(new PortNumber(DataPort), TransportProtocol.Tcp), "IANA's name of port 20");
        stage.ExpectEqual(DataPort, syn?.SourcePort.Value ?? 0, "the port that the server connects from");
        stage.ExpectEqual(ListeningPort, syn?.DestinationPort.Value ?? 0, "the port that it connects to");
        stage.Expect(
            file.Length > 0
                && client.Transcript.Exists(
                    l => l.StartsWith(
                        string.Create(CultureInfo.InvariantCulture, $"S: 150 {Encoding.UTF8.GetByteCount(file)} bytes"),
                        StringComparison.Ordinal)), "the file has come, with as many bytes as the server said");
    }

    private static async Task<byte[]> AskAsync(ScenarioStage stage, WellKnownPort known)
    {
        var server = stage.EndPointOf("server", known.Port);
        if (known.Protocol == TransportProtocol.Udp)
        {
            return await Asking.OverDatagramsAsync(stage["pc"], server, known.Ask, stage.Time);
        }

        await using var stream = await stage["pc"].ConnectTcpAsync(server, localEndPoint: null);
        return await Asking.OverStreamAsync(stream, known.Ask, known.Proof, stage.Time);
    }
}
