namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Minetest and Luanti: the first packet of a client, which says nothing (Luanti, src/network/mtp). The server answers with an
/// acknowledgment or the client's number, and forgets a client that says no more.
/// </summary>
internal sealed class MinetestProtocol() : ServiceProtocol("minetest", 30000)
{
    // The protocol, no number yet, channel 0; reliable, sequence 65500; original, empty.
    private static readonly ServiceProbe First = new("Minetest first packet", [0x4F, 0x45, 0x74, 0x03, 0, 0, 0, 3, 0xFF, 0xDC, 1]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => First;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) =>
        reply.Bytes is [0x4F, 0x45, 0x74, 0x03, 0, 1, _, 0, 0, 0xFF, 0xDC, ..] or [0x4F, 0x45, 0x74, 0x03, 0, 1, _, 3, _, _, 0, 1, ..]
            ? ReplyReading.Certain(new IdentifiedService(Name) { Product = "Minetest", Cpes = Cpe.Of("minetest:minetest", null) })
            : ReplyReading.Foreign;
}
