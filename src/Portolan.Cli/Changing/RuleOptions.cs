using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.Completions;
using Portolan.Firewall.Changing;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Cli.Changing;

/// <summary>What allow, block and reject take alike: ports, and whose packets.</summary>
internal sealed class RuleOptions(OwnAction action)
{
    public Argument<string[]> Ports { get; } = new("port")
    {
        Description =
            "ports, ranges or services, each list with its protocol, e.g. 5432/tcp, 80,443/tcp, 8000-8100, https; "
                + "TCP and UDP without /PROTO",
        HelpName = "PORT[/PROTO]",
        Arity = ArgumentArity.OneOrMore,
        CompletionSources = { DynamicCompletions.ListeningPorts },
    };

    /// <summary>Senders.</summary>
    public Option<string?> From { get; } = new("--from")
    {
        Description = "only packets from these senders: addresses, prefixes and ranges of both families, separated by commas",
        HelpName = "ADDRS",
    };

    /// <summary>Own addresses.</summary>
    public Option<string?> To { get; } = new("--to")
    {
        Description = "only packets to these addresses of this machine",
        HelpName = "ADDRS",
    };

    public Option<string?> Interface { get; } = new("--iface")
    {
        Description = "only packets that arrive on this interface",
        HelpName = "NAME",
    };

    /// <summary>How long.</summary>
    public Option<string?> For { get; } = new("--for")
    {
        Description = "duration: then the kernel removes the rule",
        HelpName = "TIME",
    };

    /// <summary>How many; only for allow.</summary>
    public Option<string?> Rate { get; } = new("--rate")
    {
        Description =
            "accept this many new connections from each sender and drop the rest, e.g. 10/minute; " +
            "10/minute/shared for all senders together",
        HelpName = "RATE",
    };

    /// <summary>Whom the rate does not count; only for allow.</summary>
    public Option<string?> Uncounted { get; } = new("--uncounted")
    {
        Description = "senders exempt from --rate (default: the address that you are connected from)",
        HelpName = "ADDRS",
    };

    /// <summary>Whose rule is made; only for allow.</summary>
    public Option<string?> Via { get; } = new("--via")
    {
        Description = "run the command of this firewall manager (ufw or firewalld) instead of adding a rule of Portolan; asks first",
        HelpName = "MANAGER",
    };

    /// <summary>Reads the rules that the command line asks for, one for each word of ports.</summary>
    /// <exception cref="PortolanException">Something is not a port, address, time or rate.</exception>
    public IReadOnlyList<OwnRule> Read(ParseResult parsed, Func<ServiceRegistry> services)
    {
        var from = Addresses("--from", parsed.GetValue(From));
        var to = Addresses("--to", parsed.GetValue(To));
        var name = ReadInterface(parsed.GetValue(Interface));
        var lifetime = ReadLifetime(parsed.GetValue(For));
        var rate = action == OwnAction.Allow ? ReadRate(parsed.GetValue(Rate)) : null;
        var uncounted = action == OwnAction.Allow ? Addresses("--uncounted", parsed.GetValue(Uncounted)) : AddressChoice.Any;
        if (!uncounted.IsAny && rate is null)
        {
            throw Usage("--uncounted needs --rate", $"add --rate, e.g. --rate 10/minute");
        }

        var rules = new List<OwnRule>();
        foreach (var word in parsed.GetValue(Ports)!)
        {
            var (ports, protocols) = ReadPorts(word, services);
            var scope = new RuleScope(protocols, ports, from, to, name);
            rules.Add(scope.Has(true) || scope.Has(false)
                ? new OwnRule(0, action, scope) { Lifetime = lifetime, Rate = rate, Uncounted = uncounted }
                : throw Usage(
                    "--from and --to have different address families: no packet can match", $"use addresses of one family for both"));
        }

        return rules;
    }

    private (PortSet Ports, IReadOnlyList<TransportProtocol> Protocols) ReadPorts(string word, Func<ServiceRegistry> services)
    {
        // A single port or service reads as it does everywhere else; that knows a service's only protocol too.
        if (!word.AsSpan().ContainsAny(",-"))
        {
            var one = PortArgument.Parse(word, services, action.Word());
            return (new PortSet(one.Port), one.Protocol is { } protocol ? [protocol] : RuleScope.UsualProtocols);
        }

        var slash = word.IndexOf('/', StringComparison.Ordinal);
        TransportProtocol? named = null;
        if (slash >= 0)
        {
            named = TransportProtocolNames.TryParse(word.AsSpan(slash + 1), out var found)
                ? found
                : throw Usage(
                    $"'{word[(slash + 1)..]}' is not a protocol with ports",
                    $"write tcp, udp, sctp, dccp or udplite once, after the whole list, e.g. {word[..slash]}/tcp");
        }

        var list = slash < 0 ? word : word[..slash];
        // Elsewhere -100 is every port up to 100; on a command line it is rather a mistyped number or option.
        if (list.Split(',').Any(static item => item.StartsWith('-')))
        {
            throw Usage(
                $"'{word}' is not a port list: a range needs a first port",
                $"write ports, ranges and services with commas, e.g. 22,80,8000-8100/tcp");
        }

        if (!PortSet.TryParse(list, out var ports, out var error, list.Any(char.IsAsciiLetter) ? services().PortsByName(named) : null))
        {
            throw Usage(
                $"'{word}' is not a port list: {error.Reason}",
                $"write ports, ranges and services with commas, e.g. 22,80,8000-8100/tcp");
        }

        return ports.Contains(PortNumber.Zero)
            ? throw Usage("port 0 receives no packets", $"leave it out: 1-65535 is every port")
            : (ports, named is { } p ? [p] : RuleScope.UsualProtocols);
    }

    private static AddressChoice Addresses(string option, string? text) =>
        text is null ? AddressChoice.Any
        : AddressChoice.TryParse(text, out var choice, out var error) ? choice
        : throw Usage(
            $"{option}: {error}", $"write addresses, prefixes or ranges, e.g. 203.0.113.7,10.0.0.0/8,2001:db8::/32,192.0.2.1-192.0.2.9");

    private static string? ReadInterface(string? name) => name switch
    {
        null => null,
        "lo" => throw Usage(
            "Portolan never blocks loopback traffic",
            $"leave out --iface lo, or name another interface"),
        _ => RuleWords.IsInterfaceName(name)
            ? name
            : throw Usage($"'{name}' is not an interface name", $"ip -brief link lists the interfaces"),
    };

    private static TimeSpan? ReadLifetime(string? text) =>
        text is null ? null : DurationText.Read("--for", text, TimeSpan.FromSeconds(1), DurationText.Longest);

    private static RuleRate? ReadRate(string? text) =>
        text is null ? null
        : RuleRate.TryParse(text, isShared: false, out var rate) ? rate
        : throw Usage(
            $"--rate must be a number per second, minute, hour or day, not '{text}'",
            $"e.g. 10/minute or 3/second for each sender, or 10/minute/shared for all together");

    private static PortolanException Usage(string message, Advice hint) => new(message, hint, ExitCode.Usage);
}
