using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>Where a scan differs from the truth of a lab; ports that vary are left out.</summary>
internal static class TruthDifferences
{
    internal static List<string> Find(
        LabTruth truth, ProbeType type, IReadOnlyList<InternetAddress> addresses, IEnumerable<PortNumber> ports,
        Func<InternetAddress, ProbePort, PortResult?> found)
    {
        var wrong = new List<string>();
        foreach (var port in ports)
        {
            foreach (var address in addresses)
            {
                var expected = truth.PortOf(address, type, port);
                var result = found(address, new ProbePort(type.Protocol, port)) ?? default;
                if (expected is { Varies: false } && !expected.Accepts(result.State, result.Reason))
                {
                    wrong.Add($"{address} port {port}/{type.Protocol}: truth {expected.State} ({expected.Why}), scan {result.State} "
                        + $"{result.Reason}");
                }
            }
        }

        return wrong;
    }
}
