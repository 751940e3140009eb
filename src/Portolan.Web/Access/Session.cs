namespace Portolan.Web.Access;

/// <summary>A session of a browser. To dispose of it is to end it.</summary>
internal sealed class Session : IDisposable
{
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Begins it.</summary>
    /// <param name="record">As its file has it.</param>
    internal Session(SessionRecord record) => (Record, Ended) = (record, _ending.Token);

    /// <summary>As its file has it.</summary>
    internal SessionRecord Record { get; }

    /// <summary>Fires when it ends: streams that are open end with it.</summary>
    internal CancellationToken Ended { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }
}
