using Portolan.Firewall.Documents;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Reachability.Explaining;
using Portolan.Sockets.Documents;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>Routes that ask this machine a question of their own: what reaches a port, the rules, what works here.</summary>
/// <param name="open">Makes the acquirers of a question.</param>
internal sealed class MachineRoutes(Func<Machine> open)
{
    private static readonly TimeSpan JudgeTime = TimeSpan.FromSeconds(10);

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new(
            "GET", "/api/ports/{port}/explain", Scope.Read,
            "Whether a port can be reached: layer by layer, with the rule that decides and the fix, as portolan.explanation/1.",
            ExplainAsync)
        {
            AnswerType = typeof(ExplanationDocument),
            Parameters =
            [
                new("protocol", "tcp, udp, sctp or dccp; tcp without it, unless only a UDP program has the port"),
                new("from", "the senders asked about: an address, a prefix or an interface; all of them without it"),
            ],
        },
        new("GET", "/api/rules", Scope.Read, "The firewall's rules and what each does, as portolan.rules/1.", RulesAsync)
        { AnswerType = typeof(RulesDocument) },
        new("GET", "/api/doctor", Scope.Read, "What works on this machine and what is missing, as portolan.doctor/1.", DoctorAsync)
        { AnswerType = typeof(DoctorDocument) },
    ];

    private async Task ExplainAsync(ApiExchange exchange)
    {
        var (port, protocol, from) = (exchange.Port(), exchange.Protocol(), exchange.Query("from"));
        var document = await Task.Run(() => Explain(port, protocol, from, exchange.Aborted), exchange.Aborted);
        await exchange.AnswerAsync(document, ReachabilityDocuments.Default.ExplanationDocument);
    }

    private ExplanationDocument Explain(PortNumber port, TransportProtocol? protocol, string? from, CancellationToken cancellationToken)
    {
        var machine = open();
        var takenAt = machine.Clock.GetUtcNow();
        var explainer = new PortExplainer(
            machine,
            new ReachQuestion
            {
                Port = port,
                Protocol = protocol,
                From = from is null ? null : SenderOf(from, machine),
                JudgeTime = JudgeTime,
            },
            cancellationToken);
        return ExplanationDocument.Of(explainer.Explain(isProved: false, cancellationToken), takenAt, Environment.MachineName);
    }

    private static SenderChoice SenderOf(string text, Machine machine)
    {
        try
        {
            return SenderArgument.Parse(text, machine.Firewall.Host, "from");
        }
        catch (PortolanException wrong)
        {
            throw ApiError.BadRequest("bad-parameter", wrong.Message, wrong.Hint?.ToString());
        }
    }

    private async Task RulesAsync(ApiExchange exchange)
    {
        var document = await Task.Run(
            () =>
            {
                var machine = open();
                var takenAt = machine.Clock.GetUtcNow();
                return RulesDocument.Of(RuleReview.Of(machine.Rules, new RuleTextOptions()), takenAt, Environment.MachineName);
            },
            exchange.Aborted);
        await exchange.AnswerAsync(document, ReachabilityDocuments.Default.RulesDocument);
    }

    private async Task DoctorAsync(ApiExchange exchange)
    {
        var document = await Task.Run(
            () =>
            {
                var machine = open();
                var takenAt = machine.Clock.GetUtcNow();
                return DoctorDocument.Of(
                    EnvironmentSurvey.Read(machine, namesSettings: true, exchange.Aborted), takenAt, Environment.MachineName);
            },
            exchange.Aborted);
        await exchange.AnswerAsync(document, ReachabilityDocuments.Default.DoctorDocument);
    }
}
