using System.Text.Json;
using Portolan.Fleet.Messages;
using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;
using Portolan.Scan.Documents;

namespace Portolan.Fleet.Agent;

/// <summary>Makes what checks: options, and what its sockets are wrapped into.</summary>
public delegate PortChecker CheckerSource(CheckOptions options, Func<ICheckSockets, ICheckSockets> guard);

/// <summary>Checks targets from where an agent is, within its scope.</summary>
/// <param name="settings">The agent's settings.</param>
/// <param name="open">Makes what checks.</param>
/// <param name="clock">The time.</param>
internal sealed class CheckWorker(AgentSettings settings, CheckerSource open, TimeProvider clock)
{
    private const int MostAtOnce = 8;

    /// <summary>Checks; a request that cannot be followed is answered, too.</summary>
    public async Task<CheckReply> CheckAsync(CheckRequest request, CancellationToken cancellation)
    {
        var reply = new CheckReply { Agent = settings.Name, Zone = settings.Zone };
        if (request.Version != ChunkMessage.CurrentVersion)
        {
            return reply with { Problem = $"agent {settings.Name} does not know this version of a check: upgrade it" };
        }

        if (request.Items.Count is 0 or > CheckRequest.MostTargets)
        {
            return reply with { Problem = $"a check has 1 to {CheckRequest.MostTargets} targets" };
        }

        var orders = new List<CheckOrder>();
        foreach (var item in request.Items)
        {
            if (Read(item) is not { } order)
            {
                return reply with { Problem = $"agent {settings.Name} does not know the target or an expectation: upgrade it" };
            }

            orders.Add(order);
        }

        var startedAt = clock.GetUtcNow();
        var checker = open(
            new CheckOptions
            {
                Timeout = TimeSpan.FromSeconds(Math.Clamp(request.TimeoutSeconds, 0.01, 3600)),
                UseIPv4 = request.UseIPv4,
                UseIPv6 = request.UseIPv6,
                AcceptUntrusted = request.AcceptUntrusted,
                ServerName = request.ServerName,
                Identify = request.Identify,
                MostRedirects = Math.Clamp(request.MostRedirects, 0, 50),
                MaxBody = Math.Max(0, request.MaxBody),
                UserAgent = $"portolan/{settings.Program}",
            },
            sockets => new ScopedSockets(sockets, settings.Scope, request.IsGuarded));
        using var turns = new SemaphoreSlim(MostAtOnce);
        var records = await Task.WhenAll(orders.Select(order => CheckAsync(checker, order, turns, cancellation)));
        return reply with
        {
            Document = JsonSerializer.SerializeToElement(
                new CheckDocument(TimeText.Rfc3339(startedAt), settings.Name, records), ScanDocuments.Default.CheckDocument),
        };
    }

    private async Task<CheckRecord> CheckAsync(PortChecker checker, CheckOrder order, SemaphoreSlim turns, CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation);
        var startedAt = clock.GetUtcNow();
        try
        {
            return CheckRecord.Of(order.Judge(await Task.Run(() => checker.CheckAsync(order.Target, cancellation), cancellation)));
        }
        catch (OutOfScopeException exception)
        {
            return new CheckRecord(
                order.Target.Text, TimeText.Rfc3339(startedAt), 0, Reached: false, StepResult.LocalFailure.Name(), PortState.Unknown.Name(),
                exception.Message, null, null,
                order.Expectations.Select(expectation => new ExpectationRecord(expectation.Text, null, exception.Message)), []);
        }
        finally
        {
            turns.Release();
        }
    }

    private static CheckOrder? Read(CheckItem item)
    {
        if (!CheckTargetParser.TryParse(item.Target, out var target, out _))
        {
            return null;
        }

        var expectations = new List<Expectation>();
        foreach (var text in item.Expectations)
        {
            if (!ExpectationParser.TryParse(text, out var expectation, out _) || !expectation.AppliesTo(target))
            {
                return null;
            }

            expectations.Add(expectation);
        }

        return new CheckOrder(target, expectations);
    }
}
