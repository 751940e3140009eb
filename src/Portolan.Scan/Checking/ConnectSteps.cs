using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>Makes the connection of a hop.</summary>
internal static class ConnectSteps
{
    /// <summary>Adds the step.</summary>
    /// <returns>The connection, which the caller disposes of, or <c>null</c> when there is none.</returns>
    public static async Task<Stream?> RunAsync(
        HopContext hop, IReadOnlyList<InternetAddress> addresses, CancellationToken cancellationToken)
    {
        var at = hop.Clock.Now;
        var race = new ConnectionRace(hop.Tools.Sockets, hop.Options, hop.Clock);
        var (tries, stream) = await race.RunAsync(addresses, hop.Target.Scope, hop.Target.Port, cancellationToken);
        var decisive = Decisive(tries);
        hop.Add(new ConnectStep(tries)
        {
            Time = hop.Clock.Since(at),
            Result = ResultOf(decisive.Outcome),
            Summary = $"port {hop.Target.Port} of {decisive.Address}: {decisive.Summary}",
            Meaning = decisive.Meaning,
        });
        return stream;
    }

    /// <summary>The attempt that won; else the first that the network answered; else the first.</summary>
    private static ConnectTry Decisive(IReadOnlyList<ConnectTry> tries)
    {
        ConnectTry? answered = null;
        foreach (var attempt in tries)
        {
            if (attempt.Outcome == ConnectionOutcome.Connected)
            {
                return attempt;
            }

            answered ??= attempt.State == PortState.Unknown ? null : attempt;
        }

        return answered ?? tries[0];
    }

    private static StepResult ResultOf(ConnectionOutcome outcome) => outcome switch
    {
        ConnectionOutcome.Connected => StepResult.Ok,
        ConnectionOutcome.NotSent => StepResult.LocalFailure,
        _ => StepResult.Failed,
    };
}
