using Portolan.Reachability.Composing;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>How a listing is printed.</summary>
internal enum ListFormat
{
    /// <summary>Aligned columns.</summary>
    Table,

    /// <summary>The columns of net-tools' netstat.</summary>
    Netstat,

    /// <summary>One JSON document, or JSON Lines when watching.</summary>
    Json,

    /// <summary>Comma-separated values.</summary>
    Csv,
}

/// <summary>What the command line of <c>list</c> asks for, free of the parser.</summary>
internal sealed record ListRequest
{
    /// <summary>Which sockets.</summary>
    public SocketSelection Selection { get; init; } = new();

    /// <summary>The words of the filter; none for every socket.</summary>
    public IReadOnlyList<string> Filter { get; init; } = [];

    public ListFormat Format { get; init; }

    /// <summary><c>-p</c>.</summary>
    public bool Owners { get; init; }

    /// <summary><c>--owners</c>.</summary>
    public OwnerSource OwnerSource { get; init; }

    /// <summary><c>-o</c>.</summary>
    public bool Timers { get; init; }

    /// <summary><c>-i</c>.</summary>
    public bool Info { get; init; }

    /// <summary><c>-m</c>.</summary>
    public bool Memory { get; init; }

    /// <summary><c>-e</c>.</summary>
    public bool Extended { get; init; }

    /// <summary><c>-O</c>.</summary>
    public bool OneLine { get; init; }

    /// <summary><c>-W</c>.</summary>
    public bool Wide { get; init; }

    /// <summary>Whether to print the heading: not <c>-H</c>.</summary>
    public bool Heading { get; init; } = true;

    /// <summary>Show addresses as names where they have one.</summary>
    public bool HostNames { get; init; }

    /// <summary>Show ports as service names where they have one.</summary>
    public bool PortNames { get; init; }

    /// <summary>Show users as names where they have one (<c>--netstat -e</c>).</summary>
    public bool UserNames { get; init; }

    /// <summary><c>--columns</c>; <c>null</c> for the usual ones.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary><c>--sort</c>; empty for the usual order.</summary>
    public IReadOnlyList<(string Column, bool Descending)> Sort { get; init; } = [];

    /// <summary><c>--all-namespaces</c>.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary><c>--lab</c>: the sockets of the lab around this command instead of this machine's.</summary>
    public bool Lab { get; init; }

    /// <summary><c>--watch</c>: how long between two looks; <c>null</c> to look once.</summary>
    public TimeSpan? Watch { get; init; }

    /// <summary><c>--count</c>: how many looks when watching; <c>null</c> without end.</summary>
    public int? Count { get; init; }

    /// <summary>The columns of the table or of CSV.</summary>
    public IReadOnlyList<string> ColumnNames
    {
        get
        {
            if (Columns is not null)
            {
                return Columns;
            }

            if (Format == ListFormat.Csv)
            {
                return Lab ? [.. ColumnCatalog.CsvNames, "host", "hosts", "ports"] : ColumnCatalog.CsvNames;
            }

            var names = new List<string>(12) { "protocol", "state", "receiveQueue", "sendQueue", "local", "remote" };
            if (Timers)
            {
                names.Add("timer");
            }

            if (Extended)
            {
                names.AddRange(["user", "inode", "cookie"]);
            }

            if (AllNamespaces)
            {
                names.Add("namespace");
            }

            if (Owners || Lab)
            {
                names.Add("owner");
            }

            return names;
        }
    }

    /// <summary>Whether owners must be found for what is printed, whatever the filter asks for.</summary>
    public bool NeedsOwners =>
        !Lab && (Owners || (Format is ListFormat.Table or ListFormat.Csv && (Columns ?? []).Any(ColumnCatalog.NeedsOwners))
        || ShowsRunning || Sort.Any(s => ColumnCatalog.NeedsOwners(s.Column)));

    /// <summary>Whether SERVICE says what owners tell: on a table, where that column was asked for.</summary>
    public bool ShowsRunning => !Lab && Format == ListFormat.Table && (Columns?.Contains("service") ?? false);

    /// <summary>What must be read of each owner for what is printed.</summary>
    public ProcessFields OwnerFields => Format switch
    {
        ListFormat.Json or ListFormat.Csv => ProcessFields.Document,
        ListFormat.Netstat => ProcessFields.CommandLine,
        _ => ColumnNames.Aggregate(ProcessFields.None, static (fields, name) => fields | name switch
        {
            "command" => ProcessFields.CommandLine,
            "unit" => ProcessFields.Cgroup,
            "service" => ProcessFields.Cgroup | ProcessFields.CommandLine | ProcessFields.User | ProcessFields.Paths,
            "container" or "owner" => ProcessFields.Cgroup | ProcessFields.CommandLine | ProcessFields.User,
            _ => ProcessFields.None,
        }),
    };

    /// <summary>What is listed of this machine.</summary>
    public ListScope Scope => new()
    {
        Selection = Selection,
        Filter = Filter,
        AllNamespaces = AllNamespaces,
        Owners = NeedsOwners,
        OwnerSource = OwnerSource,
        OwnerFields = OwnerFields,
        TcpDetails = NeedsTcpDetails,
        WholeTcpInfo = Info,
        Memory = Memory,
        AllUnixPeers = Format == ListFormat.Netstat,
        Forwards = !Lab && Format is not (ListFormat.Netstat or ListFormat.Csv),
    };

    /// <summary>Whether tcp_info must be asked for. The machine formats always carry bytes.</summary>
    public bool NeedsTcpDetails => Info || Format is ListFormat.Json || ColumnNames.Any(ColumnCatalog.NeedsTcpDetails)
        || Sort.Any(s => ColumnCatalog.NeedsTcpDetails(s.Column));
}
