using Portolan.Scan.Checking;
using Portolan.Scan.Identification.Facts.Http;

namespace Portolan.Scan.Identification.Facts;

/// <summary>
/// Asks a port that is known for its facts, one after the other, so that a host has no more connections at once than while it was
/// identified.
/// </summary>
/// <param name="sockets">Connections and datagrams.</param>
/// <param name="clock">The time that waits are measured in.</param>
/// <param name="settings">How far the questions go.</param>
/// <param name="trouble">What this host lacks.</param>
/// <param name="faults">Facts that threw.</param>
/// <param name="tell">Hears of each question before it is sent.</param>
internal sealed class FactInquiry(
    ICheckSockets sockets, TimeProvider clock, IdentifySettings settings, LocalSendFailure trouble, ReaderFaults faults,
    Action<ServiceTarget, ServiceProbe>? tell)
{
    /// <summary>The most time for all facts of a port.</summary>
    public static readonly TimeSpan PortLimit = TimeSpan.FromSeconds(20);

    /// <summary>The most time for one fact.</summary>
    public static readonly TimeSpan FactLimit = TimeSpan.FromSeconds(6);

    /// <summary>The most connections for one fact, one after the other.</summary>
    public const int MaxConnections = 10;

    /// <summary>The most bytes of one reply.</summary>
    public const int MaxReplyLength = 128 << 10;

    /// <summary>Whether this host can speak TLS.</summary>
    public required bool HasTls { get; init; }

    /// <summary>Asks.</summary>
    /// <param name="target">The port.</param>
    /// <param name="service">What it is.</param>
    /// <param name="answer">What it said when it was identified.</param>
    /// <param name="mayConnect">Further connections may be made.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was told; and whether that is all.</returns>
    public async Task<(IReadOnlyList<Fact> Facts, bool IsWhole)> RunAsync(
        ServiceTarget target, IdentifiedService service, ServiceAnswer answer, bool mayConnect, CancellationToken cancellation)
    {
        var facts = new List<Fact>();
        var pages = new HttpPages();
        var bounds = settings with
        {
            MaxConnections = MaxConnections,
            MaxDatagrams = 4,
            PortLimit = FactLimit,
            Patience = settings.Patience < FactLimit ? settings.Patience : FactLimit,
            ReplyLimit = MaxReplyLength,
        };
        using var limit = new StepLimit(PortLimit, clock, cancellation);
        foreach (var fact in settings.Facts.Where(fact => fact.Transports.Contains(target.Protocol)))
        {
            if (limit.Token.IsCancellationRequested)
            {
                break;
            }

            var onlyReads = fact.OnlyReads || (fact.ReadsCertificate && !answer.Certificate.IsEmpty);
            if (!fact.Fits(service) || (!mayConnect && !onlyReads) || (!HasTls && (fact.NeedsOpenSsl || service.Tunnel is not null)))
            {
                continue;
            }

            using var budget = new PortBudget(sockets, clock, bounds, trouble, tell, limit.Token);
            try
            {
                if (await fact.AskAsync(new FactContext(target, service, answer, sockets, clock, bounds, budget, pages)) is { } told)
                {
                    facts.Add(told);
                }
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
            {
                // A defect of this program; the other facts are asked for all the same.
                faults.Add(fact.Id, exception);
            }
        }

        return (facts, !cancellation.IsCancellationRequested);
    }
}
