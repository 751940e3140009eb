using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Headers;

/// <summary>A header that nft knows by name.</summary>
/// <param name="Name">nft's word.</param>
/// <param name="Base">Where its fields count from.</param>
/// <param name="Number">Its number in the header below: an EtherType or a protocol number; 0 for none.</param>
/// <param name="Fields">Its fields.</param>
internal sealed record ProtocolHeader(string Name, PayloadBase Base, int Number, IReadOnlyList<HeaderField> Fields)
{
    /// <summary>For ICMP and IGMP, which belong to one version of IP: that version's header.</summary>
    public ProtocolHeader? Below { get; init; }
}
