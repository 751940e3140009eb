using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Scan.Identification;

/// <summary>
/// Finds out what a port is by what it says. Any number of ports at once; each is bounded by <see cref="IdentifySettings"/>.
/// </summary>
/// <param name="sockets">Connections and datagrams.</param>
/// <param name="clock">The time that waits are measured in.</param>
/// <param name="settings">How far the question goes.</param>
public sealed class ServiceIdentifier(ICheckSockets sockets, TimeProvider clock, IdentifySettings settings)
{
    /// <summary>The most ports that are asked at once in all. Each takes a descriptor for a connection, and some take two.</summary>
    public int MaxAtOnce { get; init; } = DefaultAtOnce;

    /// <summary>As many as one host may have.</summary>
    public const int LeastAtOnce = 8;

    /// <summary>Far below the usual limits of open files.</summary>
    public const int DefaultAtOnce = 128;

    /// <summary>Whether this host can speak TLS.</summary>
    public bool HasTls { get; init; } = true;

    /// <summary>Hears of each question before it is sent (<c>--version-trace</c>). Any thread.</summary>
    public Action<ServiceTarget, ServiceProbe>? Tell { get; init; }

    /// <summary>Readers that threw.</summary>
    internal ReaderFaults Faults { get; } = new();

    /// <summary>The protocols that are known.</summary>
    internal Func<TransportProtocol, IReadOnlyList<ServiceProtocol>> Protocols { get; init; } = ServiceCatalog.Of;

    private readonly LocalSendFailure _trouble = new(clock, settings.RetryWait);

    /// <summary>Asks a port.</summary>
    /// <param name="target">The port.</param>
    /// <param name="cancellation">Ends the question; the answer is then <see cref="ServiceOutcome.None"/>.</param>
    public async Task<ServiceAnswer> IdentifyAsync(ServiceTarget target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        var plan = PlanOf(target);
        using var budget =
            new PortBudget(sockets, clock, settings with { MaxConnections = plan.MaxConnections }, _trouble, Tell, cancellation);
        ServiceAnswer answer;
        try
        {
            answer = target.Protocol == TransportProtocol.Udp
                ? await new DatagramInquiry(target, plan, settings, budget, Faults).RunAsync(sockets)
                : await new PortInquiry(target, plan, settings, budget, Faults, HasTls).RunAsync();
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            // A defect of this program: the port was asked, and that is all that is known.
            Faults.Add("the order of questions", exception);
            answer = new ServiceAnswer(ServiceOutcome.Unknown, null) { Attempts = budget.Connections };
        }

        if (cancellation.IsCancellationRequested && answer.Service is null)
        {
            return new ServiceAnswer(ServiceOutcome.None, null);
        }

        return settings.Facts.Count > 0 ? await AskForFactsAsync(target, plan, answer, cancellation) : answer;
    }

    /// <summary>
    /// Whether a port that was asked as one of a printer has further questions where its host is none: not one whose server counts
    /// connections, nor one of industrial protocols.
    /// </summary>
    public bool MayAskMore(ServiceTarget target) =>
        settings.MayAsk(target.Port) && PlanOf(target) is { MaxConnections: > 1, IsOfIndustry: false };

    /// <summary>
    /// The most UDP ports of a host that are asked though they kept silent and belong to no known protocol; 0 at a low intensity.
    /// </summary>
    public int MaxSilentPorts => settings.Intensity >= IdentifySettings.SilentIntensity ? settings.MaxSilentPorts : 0;

    private ProbePlan PlanOf(ServiceTarget target) => ProbePlan.For(target, settings, Protocols(target.Protocol));

    private async Task<ServiceAnswer> AskForFactsAsync(
        ServiceTarget target, ProbePlan plan, ServiceAnswer answer, CancellationToken cancellation)
    {
        // An agent of SNMP that knows no version 3 keeps silent until it hears its community.
        var isGuess = answer.Service is null && answer.Outcome is ServiceOutcome.Silent or ServiceOutcome.Unknown;
        var known = answer.Service ?? (isGuess ? FactCatalog.Revealed(target, settings.Facts) : null);

        // Printers and controllers of machines are asked nothing more.
        if (known is not { } service || !settings.MayAsk(target.Port) || plan.IsOfIndustry
            || (target.IsOfPrinter && !settings.AllPorts && !plan.IsUsual))
        {
            return answer with { Facts = [] };
        }

        // MySQL's port has its one connection behind it.
        var mayConnect = plan.MaxConnections != 1
            && !Protocols(target.Protocol).Any(protocol => protocol.CountsConnections && protocol.Name == service.Protocol);
        var inquiry = new FactInquiry(sockets, clock, settings, _trouble, Faults, Tell) { HasTls = HasTls };
        var (facts, isWhole) = await inquiry.RunAsync(target, service, answer, mayConnect, cancellation);
        return !isGuess ? answer with { Facts = facts, IsCut = !isWhole }
            : facts.Count == 0 ? answer with { Facts = facts }
            : new ServiceAnswer(ServiceOutcome.Identified, FactCatalog.Told(service, facts))
            {
                Facts = facts,
                Attempts = answer.Attempts + 1,
            };
    }
}
