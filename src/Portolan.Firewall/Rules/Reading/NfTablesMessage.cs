namespace Portolan.Firewall.Rules.Reading;

/// <summary>Numbers of messages (linux/netfilter/nf_tables.h: enum nf_tables_msg_types).</summary>
internal static class NfTablesMessage
{
    /// <summary>NFT_MSG_GETTABLE.</summary>
    internal const ushort GetTables = 1;

    /// <summary>NFT_MSG_GETCHAIN.</summary>
    internal const ushort GetChains = 4;

    /// <summary>NFT_MSG_GETRULE.</summary>
    internal const ushort GetRules = 7;

    /// <summary>NFT_MSG_GETSET.</summary>
    internal const ushort GetSets = 10;

    /// <summary>NFT_MSG_GETSETELEM.</summary>
    internal const ushort GetElements = 13;

    /// <summary>NFT_MSG_GETGEN.</summary>
    internal const ushort GetGeneration = 16;

    /// <summary>NFT_MSG_GETOBJ.</summary>
    internal const ushort GetObjects = 19;

    /// <summary>NFT_MSG_GETFLOWTABLE.</summary>
    internal const ushort GetFlowtables = 23;
}
