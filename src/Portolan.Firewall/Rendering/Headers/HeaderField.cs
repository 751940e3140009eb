using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Headers;

/// <summary>A field of a header.</summary>
/// <param name="Name">nft's word.</param>
/// <param name="Offset">Bits from the base that payload expressions count from.</param>
/// <param name="Length">Bits.</param>
/// <param name="Type">How its values are written.</param>
/// <param name="Needs">For a field that only some ICMP types have, those types; else empty.</param>
internal sealed record HeaderField(string Name, int Offset, int Length, DataType Type, params byte[] Needs)
{
    /// <summary>Whether it starts and ends between bytes.</summary>
    public bool IsWholeBytes => Offset % 8 == 0 && Length % 8 == 0;
}
