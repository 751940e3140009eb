using System.Globalization;

namespace Portolan.Store.Files;

/// <summary>Puts what can be read of a damaged store into a new file in its place, and keeps the damaged one beside it.</summary>
internal static class StoreRepair
{
    private const int WaitMilliseconds = 50;

    /// <summary>Repairs a store, unless another program has done so meanwhile.</summary>
    /// <param name="path">The file itself, no link to it.</param>
    /// <param name="now">When, for the name of the damaged file.</param>
    /// <param name="notice">Takes what was done.</param>
    /// <param name="damage">What was wrong with it.</param>
    /// <param name="isDamaged">Whether it still is.</param>
    /// <exception cref="PortolanException">It cannot be renamed, there is no room for the new file, or others are at it.</exception>
    public static void Run(string path, DateTimeOffset now, Action<string> notice, PortolanException damage, Func<bool> isDamaged)
    {
        try
        {
            using var only = Lock(path + "-repair");
            if (isDamaged())
            {
                Run(path, now, notice, damage);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"the store {path} is damaged and cannot be renamed: {NamedFile.WhyNot(exception, path, FileAccess.Write)}",
                $"move it away, or use another store: --store FILE", inner: exception);
        }
    }

    // The new file is whole before the old one gives up its name. Renaming takes no room on a full disk, and nothing is lost.
    private static void Run(string path, DateTimeOffset now, Action<string> notice, PortolanException damage)
    {
        var made = $"{path}.new-{Environment.ProcessId}";
        try
        {
            var aside = FreeName(path, now);
            string kept;
            using (var target = StoreFile.OpenNew(made))
            {
                // Nobody else knows the file yet: without a log it takes no more room than its own, and is whole when it is closed.
                target.Script("PRAGMA journal_mode = MEMORY");
                kept = StoreSalvage.Copy(path, target, now, aside);
            }

            // A log that stayed would be taken for that of the new file.
            foreach (var suffix in (string[])["-wal", "-shm", ""])
            {
                if (File.Exists(path + suffix))
                {
                    File.Move(path + suffix, aside + suffix, overwrite: false);
                }
            }

            File.Move(made, path, overwrite: false);
            notice($"{damage.Message}; it was kept as {aside}, and a new store was created; {kept}");
        }
        catch (PortolanException exception) when (HistoryStore.IsDiskFull(exception))
        {
            var needed = new FileInfo(path).Length.ToString("#,0", CultureInfo.InvariantCulture);
            throw new PortolanException(
                $"{damage.Message}; salvaging needs {needed} bytes, but its disk is full",
                $"free space, then run this again, or use another store: --store FILE", inner: exception);
        }
        finally
        {
            foreach (var suffix in (string[])["", "-wal", "-shm"])
            {
                File.Delete(made + suffix);
            }
        }
    }

    private static string FreeName(string path, DateTimeOffset now)
    {
        var name = $"{path}.damaged-{now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        var free = name;
        for (var number = 2; File.Exists(free) || File.Exists(free + "-wal") || File.Exists(free + "-shm"); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        }

        return free;
    }

    // Held by this process alone: the kernel lets it go however the process ends (flock(2)).
    private static FileStream Lock(string path)
    {
        for (var waited = 0; ; waited += WaitMilliseconds)
        {
            try
            {
                return NamedFile.Open(path, new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    Options = FileOptions.DeleteOnClose,
                });
            }
            catch (IOException) when (File.Exists(path) && waited < StoreFile.BusySeconds * 1000)
            {
                Thread.Sleep(WaitMilliseconds);
            }
        }
    }
}
