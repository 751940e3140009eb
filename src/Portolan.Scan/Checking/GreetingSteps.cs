using System.Net.Sockets;

namespace Portolan.Scan.Checking;

/// <summary>Waits for what a server says of its own accord. Nothing is sent.</summary>
internal static class GreetingSteps
{
    /// <summary>How long the rest of a greeting may take once its first bytes are there.</summary>
    private static readonly TimeSpan PatienceForTheRest = TimeSpan.FromMilliseconds(200);

    /// <summary>Adds the step.</summary>
    public static async Task RunAsync(HopContext hop, Stream stream, CancellationToken cancellationToken)
    {
        var at = hop.Clock.Now;
        var buffer = new byte[GreetingStep.MostBytes];
        var wait = hop.Options.GreetingWait < hop.Options.Timeout ? hop.Options.GreetingWait : hop.Options.Timeout;
        var (length, ending) = await ReadAsync(hop, stream, buffer, wait, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var (result, summary, meaning) = Describe(length, ending, wait);
        hop.Add(new GreetingStep(buffer.AsMemory(0, length), ending) { Time = hop.Clock.Since(at), Result = result, Summary = summary, Meaning = meaning });
    }

    private static async Task<(int Length, GreetingEnding Ending)> ReadAsync(
        HopContext hop, Stream stream, byte[] buffer, TimeSpan wait, CancellationToken cancellationToken)
    {
        var length = 0;
        using var limit = hop.Limit(wait, cancellationToken);
        StepLimit? rest = null;
        try
        {
            while (length < buffer.Length)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), rest?.Token ?? limit.Token);
                if (read == 0)
                {
                    return (length, GreetingEnding.Closed);
                }

                length += read;
                if (buffer.AsSpan(0, length).EndsWith("\n"u8))
                {
                    break;
                }

                // One limit for all that follows, so that a server that trickles does not keep us.
                rest ??= hop.Limit(PatienceForTheRest, limit.Token);
            }

            return (length, GreetingEnding.Complete);
        }
        catch (OperationCanceledException)
        {
            return (length, length > 0 ? GreetingEnding.Paused : GreetingEnding.Silent);
        }
        catch (IOException exception) when (exception.InnerException is SocketException)
        {
            return (length, GreetingEnding.Reset);
        }
        finally
        {
            rest?.Dispose();
        }
    }

    private static (StepResult Result, string Summary, string? Meaning) Describe(int length, GreetingEnding ending, TimeSpan wait) => (length, ending) switch
    {
        (not 0, GreetingEnding.Reset) => (StepResult.Warning, $"{length} bytes, then a reset", "the server ended the connection by itself"),
        (not 0, GreetingEnding.Closed) => (StepResult.Ok, $"{length} bytes, then the server closed the connection", null),
        (not 0, _) => (StepResult.Ok, length == 1 ? "1 byte" : $"{length} bytes", null),
        (_, GreetingEnding.Closed) => (StepResult.Warning, "closed by the server without a word", "something accepts connections and ends them: a limit, an access list, or a proxy without a server behind it"),
        (_, GreetingEnding.Reset) => (StepResult.Warning, "reset by the server without a word", "something accepts connections and ends them: a limit, an access list, or a proxy without a server behind it"),
        _ => (StepResult.Ok, $"none in {ConnectWords.Seconds(wait)}: many servers wait for the client to speak", null),
    };
}
