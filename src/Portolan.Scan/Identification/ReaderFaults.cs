using System.Collections.Concurrent;

namespace Portolan.Scan.Identification;

/// <summary>
/// Calls the readers of protocols and counts those that throw. A reader that throws is a defect of this program; the port is not lost by
/// it: for that reader the
/// reply is foreign, and the others read on.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
internal sealed class ReaderFaults
{
    private readonly ConcurrentDictionary<(string Reader, string Exception), int> _counts = new();

    /// <summary>Lets a protocol read a reply.</summary>
    public ReplyReading Read(ServiceProtocol reader, ServiceReply reply)
    {
        try
        {
            return reader.Read(reply);
        }
        catch (Exception exception)
        {
            Add(reader.Name, exception);
            return ReplyReading.Foreign;
        }
    }

    /// <summary>Lets a protocol ask further.</summary>
    /// <param name="reader">The protocol.</param>
    /// <param name="ask">Asks.</param>
    /// <param name="otherwise">What is known where it throws.</param>
    public async Task<IdentifiedService?> AskAsync(ServiceProtocol reader, Func<Task<IdentifiedService?>> ask, IdentifiedService? otherwise)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Add(reader.Name, exception);
            return otherwise;
        }
    }

    /// <summary>Counts one.</summary>
    public void Add(string reader, Exception exception) =>
        _counts.AddOrUpdate((reader, exception.GetType().Name), 1, static (_, count) => count + 1);

    /// <summary>Takes what was counted since the last call.</summary>
    public IReadOnlyList<(string Reader, string Exception, int Count)> Take()
    {
        var taken = new List<(string, string, int)>();
        foreach (var key in _counts.Keys.OrderBy(static key => key))
        {
            if (_counts.TryRemove(key, out var count))
            {
                taken.Add((key.Reader, key.Exception, count));
            }
        }

        return taken;
    }
}
