namespace Portolan.Linux.Netfilter;

/// <summary>The tables of x_tables: the kernel's, or those of a test.</summary>
public interface ILegacyTableSource : IDisposable
{
    /// <summary>The names of the tables that exist in this namespace; empty where there is no x_tables.</summary>
    /// <returns>0, or the error number: without privilege EACCES.</returns>
    int ReadNames(LegacyTableKind kind, out IReadOnlyList<string> names);

    /// <summary>
    /// Asks about a table whose name <paramref name="buffer"/> starts with (XT_TABLE_MAXNAMELEN bytes); the answer overwrites it.
    /// </summary>
    /// <remarks>
    /// Never ask about a name that <see cref="ReadNames"/> did not give: the kernel would make the table and register its hooks.
    /// </remarks>
    /// <returns>0, or the error number: EAGAIN when the table changed its size between two questions.</returns>
    int Read(LegacyTableKind kind, LegacyTableQuestion question, Span<byte> buffer);
}

/// <summary>Families of legacy tables.</summary>
public enum LegacyTableKind
{
    /// <summary>iptables.</summary>
    Ip,

    /// <summary>ip6tables.</summary>
    Ip6,

    /// <summary>arptables, of which only the names can be read here.</summary>
    Arp,
}

/// <summary>What is asked (linux/netfilter_ipv4/ip_tables.h; ip6_tables.h has the same numbers).</summary>
public enum LegacyTableQuestion
{
    /// <summary>Hooks and sizes (IPT_SO_GET_INFO).</summary>
    Info = 64,

    /// <summary>All entries (IPT_SO_GET_ENTRIES).</summary>
    Entries = 65,
}
