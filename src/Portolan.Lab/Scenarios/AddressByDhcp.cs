using Portolan.Lab.Scenarios.Clients;
using Portolan.Lab.Services.Dhcp;
using Portolan.Model.Registry;

namespace Portolan.Lab.Scenarios;

/// <summary>Ports 67 and 68: a PC that is switched on gets its address, uses it, and asks for more time.</summary>
internal static class AddressByDhcp
{
    private const string Pc = "notebook";
    private const string Server = "box";

    internal static async Task PlayAsync(ScenarioStage stage)
    {
        await ObtainAsync(stage);
        await UseAsync(stage);
        await RenewAsync(stage);
    }

    private static async Task ObtainAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "Ports 67 and 68 are DHCP's. A notebook is switched on. It has no address and knows no server, so it asks all machines of its "
            + "network (broadcast): from 0.0.0.0 port 68 to "
            + "255.255.255.255 port 67, is there a server? The server offers an address (OFFER), the notebook asks for it (REQUEST), and "
            + "the server lends it (ACK), also by broadcast: "
            + "the notebook has no address yet, and listens on the fixed port 68. Before the first question it waits for a random time of "
            + "up to 10 s, so that a whole building does not ask at once after a power cut (RFC 2131 section 4.4.1).");
        while (stage.Network.AddressLeaseOf(Pc) is null && stage.Packets.Count < 100)
        {
            await stage.WaitAsync(TimeSpan.FromSeconds(1));
        }

        var messages = Messages(stage);
        stage.Show("what DHCP says", Table(messages));
        stage.ExpectEqual("DISCOVER, OFFER, REQUEST, ACK", Kinds(messages), "what is said");
        stage.Expect(
            messages.Where(static m => m.Message.IsRequest).All(
                static m =>
                    m.Packet is { Source.IsUnspecified: true, SourcePort.Value: 68, DestinationPort.Value: 67 } && IsToAll(m.Packet)),
            "the notebook asks from 0.0.0.0 port 68, by broadcast to port 67");
        stage.Expect(
            messages.Where(static m => !m.Message.IsRequest).All(
                m => m.Packet is { SourcePort.Value: 67, DestinationPort.Value: 68 } && m.Packet.Source == stage.AddressOf(Server)
                    && IsToAll(m.Packet)),
            "the server answers from port 67, by broadcast to port 68");
        var lease = stage.Network.AddressLeaseOf(Pc);
        stage.Expect(
            lease is not null && messages is [.., var last] && last.Message.Your == lease.Address,
            "the notebook has the address that the server gave", $"it has {lease?.Address.ToString() ?? "none"}");
        foreach (var (port, name) in ((int, string)[])[(67, "bootps"), (68, "bootpc")])
        {
            stage.ExpectEqual(
                name, ServiceRegistry.BuiltIn.PrimaryNameText(new PortNumber((ushort)port), TransportProtocol.Udp),
                $"IANA's name of port {port}");
        }
    }

    private static async Task UseAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "With the address the server named the router and the name server too. The notebook reads a page from the other network, as if "
            + "its settings had been typed in.");
        stage.ShowPackets(6);
        await using var stream = await stage[Pc].ConnectTcpAsync(stage.EndPointOf("server", 80), localEndPoint: null);
        var page = await Browser.GetAsync(stream, "example.com", "/");
        stage.ExpectEqual(200, Browser.StatusOf(page), "the status of the reply");
        stage.ExpectEqual(
            stage.Network.AddressLeaseOf(Pc)?.Address.ToString(), stream.LocalEndPoint.Address.ToString(),
            "the address that the server at the other end sees");
    }

    private static async Task RenewAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "The address is lent, here for 60 s. After half of that (T1) the notebook asks for more. Now it has an address, so both sides "
            + "send to each other's address, without broadcast.");
        var before = stage.Network.AddressLeaseOf(Pc);
        while (Messages(stage) is not [.., { Message.Kind: DhcpKind.Ack }] && stage.Network.AddressLeaseOf(Pc) == before)
        {
            await stage.WaitAsync(TimeSpan.FromSeconds(1));
        }

        await stage.WaitAsync(TimeSpan.FromSeconds(1));
        var messages = Messages(stage);
        stage.Show("what DHCP says", Table(messages));
        stage.ExpectEqual("REQUEST, ACK", Kinds(messages), "what is said");
        stage.Expect(
            before is not null
                && messages.All(m => !IsToAll(m.Packet) && (m.Packet.Source == before.Address || m.Packet.Destination == before.Address)),
                "none of it is broadcast");
        stage.Expect(
            stage.Network.AddressLeaseOf(Pc) is { } now && before is not null && now.Address == before.Address && now.Ends > before.Ends,
            "the notebook keeps its address for longer");
    }

    private static List<(WirePacket Packet, DhcpMessage Message)> Messages(ScenarioStage stage)
    {
        var messages = new List<(WirePacket, DhcpMessage)>();
        foreach (var packet in WirePacket.Arrived(stage.Packets))
        {
            if (packet.Protocol == TransportProtocol.Udp && DhcpMessage.TryRead(packet.Data, out var message))
            {
                messages.Add((packet, message));
            }
        }

        return messages;
    }

    private static bool IsToAll(WirePacket packet) => packet.Destination == InternetAddress.FromIPv4(uint.MaxValue);

    private static string Kinds(IEnumerable<(WirePacket Packet, DhcpMessage Message)> messages) =>
        string.Join(", ", messages.Select(static m => DatagramWords.KindOf(m.Message.Kind)));

    private static ColumnTable Table(IReadOnlyList<(WirePacket Packet, DhcpMessage Message)> messages) => TextColumns.Lines(
        ["from", "to", "message", "address", "lent for"],
        [
            .. messages.Select(static m => (IReadOnlyList<string>)
                [
                    $"{m.Packet.Source}:{m.Packet.SourcePort}", $"{m.Packet.Destination}:{m.Packet.DestinationPort}",
                    DatagramWords.KindOf(m.Message.Kind),
                    (m.Message.Your.IsUnspecified ? m.Message.AddressOf(DhcpOption.RequestedAddress) : m.Message.Your)?.ToString()
                        ?? (m.Message.Client.IsUnspecified ? "" : $"{m.Message.Client}"),
                    m.Message.SecondsOf(DhcpOption.LeaseTime) is { } seconds ? $"{seconds} s" : "",
                ]),
        ]);
}
