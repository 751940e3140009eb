using System.Globalization;
using Portolan.EndToEnd.Tests.Servers;

namespace Portolan.Scenarios.Identify;

/// <summary>How much of what a scanner says in one run is so.</summary>
internal sealed class Score
{
    private readonly Dictionary<string, (PortClaim Claim, Verdict[] Verdicts)> _ports = new(StringComparer.Ordinal);

    /// <summary>Judges a run.</summary>
    public Score(IEnumerable<ServerPort> ports, IReadOnlyDictionary<string, string> versions, Dictionary<string, PortClaim> claims)
    {
        foreach (var port in ports)
        {
            var claim = claims.GetValueOrDefault(port.Port, PortClaim.None);
            var truth = port.Truth(versions).Split('|');
            _ports[port.Port] = (claim, [Judge.Protocol(claim, truth[0]), Judge.Product(claim, truth[1]), Judge.Version(claim, truth[2])]);
        }
    }

    /// <summary>Six counts: protocol, product and version, right and wrong.</summary>
    public IEnumerable<string> Counts
    {
        get
        {
            for (var fact = 0; fact < 3; fact++)
            {
                yield return Count(fact, Verdict.Right);
                yield return Count(fact, Verdict.Wrong);
            }
        }
    }

    /// <summary>What is said of a port; in bold where some of it is wrong.</summary>
    public string Cell(ServerPort port)
    {
        var (claim, verdicts) = _ports[port.Port];
        return verdicts.Contains(Verdict.Wrong) ? $"**{claim}**" : claim.ToString();
    }

    private string Count(int fact, Verdict verdict) =>
        _ports.Values.Count(port => port.Verdicts[fact] == verdict).ToString(CultureInfo.InvariantCulture);
}
