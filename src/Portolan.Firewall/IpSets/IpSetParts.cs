namespace Portolan.Firewall.IpSets;

/// <summary>What an element of a type of set consists of, as the name of the type says: <c>hash:ip,port,net</c>.</summary>
[Flags]
internal enum IpSetParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>An address.</summary>
    Address = 1,

    /// <summary>The first address has a prefix length.</summary>
    Network = 2,

    /// <summary>A port, and of hashes a protocol.</summary>
    Port = 4,

    /// <summary>A second address.</summary>
    SecondAddress = 8,

    /// <summary>The second address has a prefix length.</summary>
    SecondNetwork = 16,

    /// <summary>An interface.</summary>
    Interface = 32,

    /// <summary>Another set.</summary>
    Set = 64,
}

/// <summary>Reads the names of types.</summary>
internal static class IpSetTypes
{
    /// <summary>
    /// What elements consist of; <c>null</c> for types with parts that are not known here, such as <c>hash:mac</c> and <c>hash:ip,mark</c>.
    /// </summary>
    internal static IpSetParts? PartsOf(string typeName)
    {
        var colon = typeName.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return null;
        }

        var parts = IpSetParts.None;
        foreach (var word in typeName[(colon + 1)..].Split(','))
        {
            var isSecond = (parts & IpSetParts.Address) != 0;
            IpSetParts? part = word switch
            {
                "ip" => isSecond ? IpSetParts.SecondAddress : IpSetParts.Address,
                "net" => isSecond ? IpSetParts.SecondAddress | IpSetParts.SecondNetwork : IpSetParts.Address | IpSetParts.Network,
                "port" => IpSetParts.Port,
                "iface" => IpSetParts.Interface,
                "set" => IpSetParts.Set,
                _ => null,
            };
            if (part is not { } known)
            {
                return null;
            }

            parts |= known;
        }

        return parts;
    }
}
