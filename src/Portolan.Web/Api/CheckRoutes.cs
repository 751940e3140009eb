using System.Text.Json.Serialization;
using Portolan.Reachability.Composing;
using Portolan.Scan.Checking;
using Portolan.Scan.Documents;
using Portolan.Watch.Checking;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <param name="Target">A target as <c>portolan check</c> takes it.</param>
internal sealed record CheckRequest(string? Target);

/// <summary>How requests for checks are read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CheckRequest))]
internal sealed partial class CheckRequests : JsonSerializerContext;

/// <summary>The route that connects from this machine to a port.</summary>
/// <param name="open">Makes the acquirers of a question.</param>
internal sealed class CheckRoutes(Func<Machine> open)
{
    private const int LongestTarget = 2000;

    /// <summary>How many checks run at once, of all browsers together; others wait.</summary>
    private const int AtOnce = 4;

    private static readonly SemaphoreSlim Slots = new(AtOnce, AtOnce);

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new(
            "POST", "/api/check", Scope.Scan, "One connection from this machine, step by step, as portolan.check/1.", CheckAsync)
        { AnswerType = typeof(CheckDocument), BodyType = typeof(CheckRequest), IsAudited = true },
    ];

    private async Task CheckAsync(ApiExchange exchange)
    {
        var text = (await exchange.BodyAsync(CheckRequests.Default.CheckRequest)).Target;
        if (text is not { Length: > 0 and <= LongestTarget })
        {
            throw ApiError.BadRequest("bad-target", "The target is missing.", "For example https://example.com or example.com:22.");
        }

        exchange.Audit(CheckTargetParser.WithoutSecrets(text));
        if (!CheckTargetParser.TryParse(text, out var target, out var problem))
        {
            throw ApiError.BadRequest(
                "bad-target", $"'{CheckTargetParser.WithoutSecrets(text)}': {problem.Reason}.", problem.Remedy.ToString());
        }

        await Slots.WaitAsync(exchange.Aborted);
        try
        {
            var machine = open();
            var takenAt = machine.Clock.GetUtcNow();
            var checker = CheckSetup.Make(
                new CheckOptions(), null, machine, sockets => new GuardedSockets(sockets, CheckTargetParser.WithoutSecrets(text)));
            var report = await checker.CheckAsync(target, exchange.Aborted);
            var verdict = new CheckOrder(target, []).Judge(report);
            await exchange.AnswerAsync(
                CheckDocument.Of([verdict], takenAt, Environment.MachineName), ScanDocuments.Default.CheckDocument);
        }
        finally
        {
            Slots.Release();
        }
    }
}
