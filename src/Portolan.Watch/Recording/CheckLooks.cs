using Portolan.Scan.Checking;
using Portolan.Scan.Identification.Facts.Tls;
using Portolan.Scan.Results;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>What a check saw of addresses and ports, as looks: each address that answered or was given up, with its one port.</summary>
/// <remarks>
/// What this host did not send is no look. A service is taken where the port was asked what it is, as <c>scan -sV</c> asks: the words of a
/// web server alone would differ from what a scan stores.
/// </remarks>
public static class CheckLooks
{
    /// <summary>The looks of a report.</summary>
    public static IReadOnlyList<HostSnapshot> Of(CheckReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var looks = new List<HostSnapshot>();
        foreach (var hop in report.Hops)
        {
            if (hop.Find<ConnectStep>() is { } connect)
            {
                foreach (var attempt in connect.Attempts)
                {
                    var isAnswer = attempt.Outcome is ConnectionOutcome.Connected or ConnectionOutcome.Refused || attempt.Icmp is not null;
                    Add(looks, hop, attempt.Address, attempt.State, isAnswer, FactsOf(hop, attempt));
                }
            }
            else if (hop.Find<DatagramStep>() is { } datagram)
            {
                Add(looks, hop, datagram.Address, datagram.State, datagram.State is PortState.Open or PortState.Closed, ServiceOf(hop));
            }
        }

        return looks;
    }

    private static void Add(
        List<HostSnapshot> looks, CheckHop hop, InternetAddress address, PortState state, bool isAnswer, Endpoint facts)
    {
        if (state == PortState.Unknown)
        {
            return;
        }

        var key = new HostKey(address, null);
        var look = looks.Find(known => known.Key == key);
        if (look is null)
        {
            looks.Add(look = new HostSnapshot(key));
        }

        // One port that is silent says nothing of the host.
        look.Status = isAnswer ? HostStatus.Up : look.Status;
        look.Name ??= hop.Target.Address is null ? hop.Target.Host : null;
        look.Add(hop.Target.Protocol, PortRanges.Of(hop.Target.Port), StateView.Of(state, isAnswer));
        if (state == PortState.Open && facts != Endpoint.Bare)
        {
            look.Set(new EndpointKey(hop.Target.Protocol, hop.Target.Port), facts);
        }
    }

    private static Endpoint FactsOf(CheckHop hop, ConnectTry attempt)
    {
        if (attempt.Outcome != ConnectionOutcome.Connected)
        {
            return Endpoint.Bare;
        }

        var facts = ServiceOf(hop);
        return hop.Find<TlsStep>() is { Chain: [var server, ..] }
            ? facts with
            {
                Certificate = new Snapshots.CertificateDates(
                    DistinguishedNameText.Of(server.Subject), DistinguishedNameText.Of(server.Issuer), server.NotBefore, server.NotAfter),
            }
            : facts;
    }

    private static Endpoint ServiceOf(CheckHop hop) => hop.Find<IdentifyStep>()?.Answer.Service is { } service
        ? new Endpoint
        {
            Service = new ServiceFacts(
                service.Protocol.TrimEnd('?'), service.Tunnel, service.Product, service.Version, service.Info),
        }
        : Endpoint.Bare;
}
