namespace Portolan.Cli.Lookup;

/// <summary>What people call services that IANA calls otherwise, where the nearest word would mislead.</summary>
internal static class EverydayNames
{
    private static readonly (string Everyday, string Official)[] Names =
    [
        ("dhcp", "bootps"),
        ("dns", "domain"),
        ("dot", "domain-s"),
        ("jetdirect", "pdl-datastream"),
        ("mongo", "mongodb"),
        ("postgres", "postgresql"),
        ("rdp", "ms-wbt-server"),
        ("smb", "microsoft-ds"),
    ];

    /// <summary>All of them.</summary>
    public static IEnumerable<(string Everyday, string Official)> All => Names;

    /// <summary>IANA's name, or <c>null</c>.</summary>
    public static string? Find(string name) =>
        Array.Find(Names, n => string.Equals(n.Everyday, name, StringComparison.OrdinalIgnoreCase)).Official;
}
