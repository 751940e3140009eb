using Portolan.Model;

namespace Portolan.Transport.Addressing;

/// <summary>How far an address means something (RFC 4007, RFC 7346); the values are those of IPv6 multicast scopes, ascending.</summary>
internal enum AddressScope : byte
{
    /// <summary>Within the node (multicast only).</summary>
    InterfaceLocal = 1,

    LinkLocal = 2,

    /// <summary>In a part of a site (multicast only).</summary>
    AdminLocal = 4,

    SiteLocal = 5,

    /// <summary>In an organization (multicast only).</summary>
    OrganizationLocal = 8,

    /// <summary>Everywhere.</summary>
    Global = 14,
}

/// <summary>The scopes of addresses.</summary>
internal static class AddressScopes
{
    /// <summary>
    /// The scope of an address (RFC 6724 sections 3.1 and 3.2): loopback is link-local; of IPv4 169.254.0.0/16 and 127.0.0.0/8 are
    /// link-local and all else, private addresses too, global.
    /// </summary>
    public static AddressScope ScopeOf(InternetAddress address)
    {
        var plain = address.Unmap();
        if (plain.IsLoopback || plain.IsLinkLocal)
        {
            return AddressScope.LinkLocal;
        }

        if (plain.IsIPv4)
        {
            return AddressScope.Global;
        }

        return (plain.UpperBits >> 48) switch
        {
            // RFC 4291 section 2.7: the second half of the second byte.
            >= 0xff00 => (AddressScope)((plain.UpperBits >> 48) & 0xf),
            >= 0xfec0 and <= 0xfeff => AddressScope.SiteLocal,
            _ => AddressScope.Global,
        };
    }
}
