using Portolan.Packets;

namespace Portolan.Lab.Scenarios.Cables;

/// <summary>Frames, each a line: who sent it to whom, and what is in it.</summary>
internal static class FrameTable
{
    internal static ColumnTable Lines(IReadOnlyList<CableFrame> frames) => TextColumns.Lines(
        ["#", "from", "to", "bytes", "Ethernet source", "Ethernet destination", "carries"],
        frames.Select(static (f, i) => Row(f, i + 1)));

    private static IReadOnlyList<string> Row(CableFrame sent, int number)
    {
        if (!EthernetFrame.TryRead(sent.Bytes, out var frame))
        {
            return [$"{number}", sent.From, sent.To, $"{sent.Bytes.Length}", "", "", "no frame"];
        }

        return [
            $"{number}", sent.From, sent.To, $"{sent.Bytes.Length}", $"{frame.Source}",
            frame.Destination == MacAddress.Broadcast ? "everybody" : $"{frame.Destination}", Content(frame)];
    }

    private static string Content(in EthernetFrame frame) => frame.Type switch
    {
        EtherType.Arp when ArpPacket.TryRead(frame.Payload, out var arp) => arp.Operation == ArpOperation.Request
            ? $"ARP: who has {arp.TargetAddress}?"
            : $"ARP: {arp.SenderAddress} is mine",
        EtherType.Ipv4 => PacketLabel.Of(frame.Payload),
        _ => $"type {(ushort)frame.Type:x4}",
    };
}
