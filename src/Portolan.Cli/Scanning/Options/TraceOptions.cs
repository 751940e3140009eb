using System.CommandLine;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The option that asks for the way to each host.</summary>
internal sealed class TraceOptions
{
    private readonly Option<bool> _traceroute = ScanOptionKinds.Flag(
        "--traceroute", "show the hops to each host that is up, and where probes to its filtered ports end");

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_traceroute];

    /// <param name="parsed">The command line.</param>
    /// <param name="technique">How ports are probed.</param>
    /// <param name="sending">How packets leave.</param>
    /// <param name="isAggressive"><c>-A</c> was given, which traces too.</param>
    public bool Read(ParseResult parsed, TechniqueRequest technique, SendingRequest sending, bool isAggressive)
    {
        if (!parsed.GetValue(_traceroute) && !isAggressive)
        {
            return false;
        }

        var word = parsed.GetValue(_traceroute) ? "--traceroute" : "-A";
        if (technique.ListOnly)
        {
            throw ScanErrors.Usage($"{word} cannot be combined with -sL, which sends nothing", $"leave out one of them");
        }

        if (sending.SourcePort is not null)
        {
            throw ScanErrors.Usage(
                $"{word} cannot be combined with -g: the source port of a probe encodes its TTL", $"leave out one of them");
        }

        return true;
    }
}
