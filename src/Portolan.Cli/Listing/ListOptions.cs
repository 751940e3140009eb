using System.CommandLine;
using System.CommandLine.Completions;
using Portolan.Cli.Completions;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>The options of <c>list</c> and what they mean together.</summary>
internal sealed class ListOptions
{
    private readonly (Option<bool> Option, SocketProtocols Kind)[] _kinds =
    [
        (Flag("--tcp", "TCP sockets", "-t"), SocketProtocols.Tcp),
        (Flag("--udp", "UDP sockets", "-u"), SocketProtocols.Udp),
        (Flag("--raw", "raw IP sockets", "-w"), SocketProtocols.Raw),
        (Flag("--unix", "Unix domain sockets", "-x"), SocketProtocols.Unix),
        (Flag("--packet", "packet sockets (AF_PACKET)", "-0"), SocketProtocols.Packet),
        (Flag("--sctp", "SCTP sockets", "-S"), SocketProtocols.Sctp),
        (Flag("--mptcp", "MPTCP sockets; their subflows are TCP sockets too", "-M"), SocketProtocols.Mptcp),
        (Flag("--dccp", "DCCP sockets", "-d"), SocketProtocols.Dccp),
        (Flag("--udplite", "UDP-Lite sockets", "-U"), SocketProtocols.UdpLite),
    ];

    private readonly Option<bool> _listening =
        Flag("--listening", "only listening sockets, and datagram sockets without a peer", "-l");
    private readonly Option<bool> _all = Flag("--all", "listening and connected sockets", "-a");
    private readonly Option<bool> _ipv4 = Flag("--ipv4", "only IPv4 sockets", "-4", "--inet");
    private readonly Option<bool> _ipv6 = Flag("--ipv6", "only IPv6 sockets", "-6", "--inet6");
    private readonly Option<bool> _bound =
        Flag("--bound", "also TCP sockets that are bound but neither listen nor are connected (Linux 6.8 and later)");
    private readonly Option<string[]> _family = Word("--family", "FAMILY", "inet, inet6, unix or link, as in ss", "-f");
    private readonly Option<string[]> _query =
        Word("--query", "LIST", "kinds by name, e.g. tcp,udp or all,!unix, as in ss", "-A", "--socket", "--protocol");
    private readonly Option<bool> _allNamespaces = Flag("--all-namespaces", "list the sockets of every network namespace");

    private readonly Option<bool> _lab = Flag("--lab", "the sockets of all hosts of the lab this command runs in");

    private readonly Option<bool> _owners =
        Flag("--processes", "the processes that hold each socket", "-p", "--process", "--programs", "--program");
    private readonly Option<bool> _timers = Flag("--timers", "the running timer, its remaining time and its count", "-o", "--options");
    private readonly Option<bool> _info =
        Flag("--info", "TCP's internal figures: round-trip time, window, bytes, retransmissions", "-i");
    private readonly Option<bool> _memory = Flag("--memory", "memory that the socket uses, in bytes, and dropped datagrams", "-m");
    private readonly Option<bool> _extended = Flag("--extended", "user, inode and cookie", "-e", "--extend");
    private readonly Option<string> _columns = new("--columns")
    {
        Description = "the columns to print, e.g. state,local,owner",
        HelpName = "LIST",
        CompletionSources = { static _ => ColumnCatalog.Names.Select(n => new CompletionItem(n)) },
    };
    private readonly Option<string> _sort = new("--sort")
    {
        Description = "sort by columns, e.g. local or -receiveQueue,pid",
        HelpName = "[-]COLUMN",
        CompletionSources = { static _ => ColumnCatalog.Names.Select(n => new CompletionItem(n)) },
    };

    private readonly Option<bool> _numeric = Flag("--numeric", "numbers for addresses, ports and users", "-n");
    private readonly Option<bool> _resolve = Flag("--resolve", "names for addresses and ports even when not on a terminal", "-r");
    private readonly Option<bool> _numericHosts = Flag("--numeric-hosts", "numbers for addresses");
    private readonly Option<bool> _numericPorts = Flag("--numeric-ports", "numbers for ports");
    private readonly Option<bool> _numericUsers = Flag("--numeric-users", "numbers for users");

    private readonly Option<bool> _netstat = Flag("--netstat", "the columns and sockets of net-tools' netstat");
    private readonly Option<bool> _csv = Flag("--csv", "comma-separated values (RFC 4180)");
    private readonly Option<bool> _noHeading = Flag("--no-header", "no heading", "-H");
    private readonly Option<bool> _oneLine = Flag("--oneline", "with -i and -m: one line for each socket", "-O");
    private readonly Option<bool> _wide = Flag("--wide", "with --netstat: do not cut addresses", "-W");
    private readonly Option<string> _watch = new("--watch")
    {
        Description = "refresh every TIME (default 2s); q or Ctrl-C ends it",
        HelpName = "TIME",
    };
    private readonly Option<bool> _continuous = Flag("--continuous", "the same as --watch=1, as in netstat", "-c");
    private readonly Option<int?> _count = new("--count") { Description = "with --watch: stop after N refreshes", HelpName = "N" };
    private readonly Option<string> _method = new("--owners")
    {
        Description = "how owners are found: auto (BPF where the kernel allows it), bpf or proc (by walking /proc)",
        HelpName = "HOW",
    };
    private readonly Option<bool> _verbose = Flag("--verbose", "accepted for compatibility with netstat; no effect", "-v");

    public ListOptions() => _verbose.Hidden = true;

    /// <summary>The filter words.</summary>
    public Argument<string[]> Filter { get; } = new("FILTER")
    {
        Description = "which sockets, e.g. state established and (port 443 or process nginx)",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
        CompletionSources = { DynamicCompletions.FilterWords },
    };

    /// <summary>The options that choose sockets, in the order of help.</summary>
    public Option[] Choosing =>
        [.. Array.ConvertAll(_kinds, static k => k.Option), _listening, _all, _ipv4, _ipv6, _bound, _query, _family, _allNamespaces, _lab];

    /// <summary>The options that add facts.</summary>
    public Option[] Showing => [_owners, _method, _timers, _info, _memory, _extended, _columns, _sort];

    /// <summary>The options about names.</summary>
    public Option[] Naming => [_numeric, _resolve, _numericHosts, _numericPorts, _numericUsers];

    /// <summary>The options about the form of the output.</summary>
    public Option[] Printing => [_netstat, _csv, _noHeading, _oneLine, _wide, _watch, _continuous, _count, _verbose];

    /// <summary>
    /// Joins <c>--watch</c> with its seconds, or with the usual ones where the next word is no number: no filter begins with a number, so
    /// <c>--watch 5</c> and <c>--watch port 5</c> both mean what they say. Joins <c>--sort</c> with <c>-COLUMN</c>, which is not an option.
    /// </summary>
    public static IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        var words = new List<string>(args.Count);
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == "--")
            {
                words.AddRange(args.Skip(i));
                break;
            }

            var isValue = i + 1 < args.Count
                && (args[i], args[i + 1]) is ("--watch", [>= '0' and <= '9', ..]) or ("--sort", ['-', not '-', _, ..]);
            words.Add(isValue ? $"{args[i]}={args[++i]}" : args[i] is "--watch" ? "--watch=2" : args[i]);
        }

        return words;
    }

    /// <summary>Reads a parsed command line.</summary>
    /// <exception cref="PortolanException">Options that contradict each other, or a value that is none.</exception>
    public ListRequest Read(ParseResult parsed, bool json, bool isTerminal)
    {
        var format = Format(parsed, json);
        CheckLab(parsed);
        var numeric = parsed.GetValue(_numeric);
        var wantsNames = !numeric && (isTerminal || parsed.GetValue(_resolve) || format == ListFormat.Netstat);
        var isForPeople = format is ListFormat.Table or ListFormat.Netstat;
        return new ListRequest
        {
            Selection = Selection(parsed, format),
            Filter = parsed.GetValue(Filter) ?? [],
            Format = format,
            Owners = parsed.GetValue(_owners),
            OwnerSource = Source(parsed.GetValue(_method)),
            Timers = parsed.GetValue(_timers),
            Info = parsed.GetValue(_info),
            Memory = parsed.GetValue(_memory),
            Extended = parsed.GetValue(_extended),
            OneLine = parsed.GetValue(_oneLine),
            Wide = parsed.GetValue(_wide),
            Heading = !parsed.GetValue(_noHeading),
            HostNames = wantsNames && isForPeople && !parsed.GetValue(_numericHosts),
            PortNames = wantsNames && isForPeople && !parsed.GetValue(_numericPorts),
            UserNames = !numeric && !parsed.GetValue(_numericUsers),
            Columns = parsed.GetValue(_columns) is { } columns ? ColumnCatalog.ParseList("--columns", columns) : null,
            Sort = Sort(parsed.GetValue(_sort)),
            AllNamespaces = parsed.GetValue(_allNamespaces),
            Lab = parsed.GetValue(_lab),
            Watch = Watch(parsed),
            Count = Count(parsed),
        };
    }

    private ListFormat Format(ParseResult parsed, bool json)
    {
        var (netstat, csv) = (parsed.GetValue(_netstat), parsed.GetValue(_csv));
        if ((json ? 1 : 0) + (netstat ? 1 : 0) + (csv ? 1 : 0) > 1)
        {
            throw new PortolanException("--json, --csv and --netstat exclude each other", $"give one of them", ExitCode.Usage);
        }

        var columns = parsed.GetValue(_columns) is not null;
        if (columns && (json || netstat))
        {
            throw new PortolanException(
                $"--columns cannot be combined with {(json ? "--json" : "--netstat")}, whose fields are fixed",
                $"use it with the table or with --csv", ExitCode.Usage);
        }

        return json ? ListFormat.Json : netstat ? ListFormat.Netstat : csv ? ListFormat.Csv : ListFormat.Table;
    }

    private void CheckLab(ParseResult parsed)
    {
        if (parsed.GetValue(_lab) && Array.Find([_info, _memory, _timers, _netstat, _allNamespaces, _bound], parsed.GetValue) is { } option)
        {
            throw new PortolanException(
                $"{option.Name} cannot be combined with --lab",
                $"leave it out: a lab shows only protocol, state, both ends and the host of each socket", ExitCode.Usage);
        }
    }

    private SocketSelection Selection(ParseResult parsed, ListFormat format)
    {
        var selection = new SocketSelection
        {
            Listening = parsed.GetValue(_listening),
            All = parsed.GetValue(_all),
            IPv4 = parsed.GetValue(_ipv4),
            IPv6 = parsed.GetValue(_ipv6),
            Bound = parsed.GetValue(_bound),
            Netstat = format == ListFormat.Netstat,
        };
        foreach (var (option, kind) in _kinds)
        {
            if (parsed.GetValue(option))
            {
                selection = selection with { Named = selection.Named | kind };
            }
        }

        foreach (var list in Given(parsed, _query))
        {
            selection = SocketKindWords.Add(selection, "-A", list);
        }

        foreach (var family in Given(parsed, _family))
        {
            selection = SocketKindWords.Add(selection, "-f", family);
        }

        if (format == ListFormat.Netstat && (selection.Named & ~SocketSelection.NetstatKinds) != SocketProtocols.None)
        {
            throw new PortolanException(
                "netstat has no columns for packet, MPTCP and DCCP sockets", $"leave out --netstat", ExitCode.Usage);
        }

        return selection;
    }

    private static List<(string Column, bool Descending)> Sort(string? list)
    {
        if (list is null)
        {
            return [];
        }

        var keys = new List<(string, bool)>();
        foreach (var word in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var isDescending = word.StartsWith('-');
            keys.Add((ColumnCatalog.Find("--sort", isDescending ? word[1..] : word), isDescending));
        }

        return keys;
    }

    private TimeSpan? Watch(ParseResult parsed)
    {
        if (parsed.GetValue(_watch) is not { } text)
        {
            return parsed.GetValue(_continuous) ? TimeSpan.FromSeconds(1) : null;
        }

        return DurationText.Read("--watch", text, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));
    }

    private int? Count(ParseResult parsed) => parsed.GetValue(_count) switch
    {
        null => null,
        < 1 => throw new PortolanException("--count takes a number of 1 or more", $"portolan list --watch --count 3", ExitCode.Usage),
        var count when Watch(parsed) is null =>
            throw new PortolanException($"--count {count} needs --watch", $"portolan list --watch --count {count}", ExitCode.Usage),
        var count => count,
    };

    private static OwnerSource Source(string? word) => word switch
    {
        null or "auto" => OwnerSource.Automatic,
        "bpf" => OwnerSource.Bpf,
        "proc" => OwnerSource.Proc,
        _ => throw new PortolanException("--owners must be auto, bpf or proc", $"portolan list -tlnp --owners proc", ExitCode.Usage),
    };

    private static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    // Asked for only where it was given: the parser makes an array that is missing by reflection, 0.04 ms of every list.
    private static string[] Given(ParseResult parsed, Option<string[]> option) =>
        parsed.GetResult(option) is null ? [] : parsed.GetValue(option) ?? [];

    private static Option<string[]> Word(string name, string value, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = value,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
}
