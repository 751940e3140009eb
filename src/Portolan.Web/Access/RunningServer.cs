namespace Portolan.Web.Access;

/// <summary>
/// A server that runs, as other processes of its user find it: it holds a lock in its folder, which the kernel releases when it ends.
/// </summary>
internal sealed class RunningServer : IDisposable
{
    private const string LockName = "lock";
    private const string RecordName = "server.json";

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    private readonly StateFolder _folder;
    private readonly FileStream _lock;

    private RunningServer(StateFolder folder, FileStream held) => (_folder, _lock) = (folder, held);

    /// <summary>Becomes the one server of a folder; <c>null</c> where there is one.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="patience">How long one that is just ending may take.</param>
    internal static async Task<RunningServer?> ClaimAsync(StateFolder folder, TimeSpan patience)
    {
        folder.Make();
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (folder.Lock(LockName) is { } held)
            {
                return new RunningServer(folder, held);
            }

            if (TimeProvider.System.GetElapsedTime(since) >= patience)
            {
                return null;
            }

            await Task.Delay(Between);
        }
    }

    /// <summary>The server of a folder; <c>null</c> where none runs.</summary>
    internal static ServerRecord? Find(StateFolder folder)
    {
        if (folder.Names(LockName).Count == 0)
        {
            return null;
        }

        if (folder.Lock(LockName) is { } free)
        {
            free.Dispose();
            return null;
        }

        return FileOf(folder).Read();
    }

    /// <summary>Says where it is.</summary>
    internal void Write(ServerRecord record) => FileOf(_folder).Write(record);

    /// <inheritdoc/>
    public void Dispose()
    {
        FileOf(_folder).Remove();
        _lock.Dispose();
    }

    private static RecordFile<ServerRecord> FileOf(StateFolder folder) => new(folder, RecordName, AccessRecords.Default.ServerRecord);
}
