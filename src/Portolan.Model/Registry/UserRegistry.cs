namespace Portolan.Model.Registry;

/// <summary>
/// The registry that a user has taken from IANA (<c>portolan port --update FILE</c>): one file, which replaces the built-in one.
/// </summary>
public static class UserRegistry
{
    /// <summary>Where the file is: <c>$XDG_DATA_HOME/portolan/registry.bin</c>, by default under <c>~/.local/share</c>.</summary>
    /// <param name="dataHome"><c>XDG_DATA_HOME</c>; ignored when empty or relative, as the XDG base directory specification asks.</param>
    /// <param name="home"><c>HOME</c>.</param>
    /// <returns>The path, or <c>null</c> when neither variable names a directory.</returns>
    public static string? PathFor(string? dataHome, string? home)
    {
        if (Path.IsPathRooted(dataHome))
        {
            return Path.Combine(dataHome!, "portolan", "registry.bin");
        }

        return Path.IsPathRooted(home) ? Path.Combine(home!, ".local", "share", "portolan", "registry.bin") : null;
    }

    /// <summary>
    /// The user's registry when there is a sound one, else the built-in one. Costs one look at the file system when there is none.
    /// </summary>
    /// <param name="path">From <see cref="PathFor"/>.</param>
    /// <param name="problem">Why an existing file was ignored, in words, without a full stop; <c>null</c> when nothing is wrong.</param>
    public static ServiceRegistry Load(string? path, out string? problem)
    {
        problem = null;
        if (path is null)
        {
            return ServiceRegistry.BuiltIn;
        }

        try
        {
            FileSystemInfo? target = new FileInfo(path);
            if (!target.Exists)
            {
                return ServiceRegistry.BuiltIn;
            }

            if (target.LinkTarget is not null)
            {
                target = target.ResolveLinkTarget(returnFinalTarget: true);
            }

            if (target is not FileInfo information)
            {
                problem = "it is a directory";
                return ServiceRegistry.BuiltIn;
            }

            // Something that never ends, such as a pipe or a device, says that it is empty.

            if (information.Length is < RegistryTable.HeaderSize or > RegistryTableCheck.MaximumLength)
            {
                problem = $"its length, {information.Length} bytes, is not that of a registry table";
                return ServiceRegistry.BuiltIn;
            }

            using var file = NamedFile.OpenRead(path, bufferSize: 0);
            var bytes = new byte[information.Length];
            file.ReadExactly(bytes);
            if (ServiceRegistry.TryOpen(bytes, out var registry, out var reason))
            {
                return registry!;
            }

            problem = reason;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = NamedFile.WhyNot(exception, path);
        }

        return ServiceRegistry.BuiltIn;
    }

    /// <summary>
    /// Reads IANA's CSV or XML and keeps it as the user's registry. Whatever goes wrong, the file at <paramref name="path"/> is as before.
    /// </summary>
    /// <param name="source">IANA's file.</param>
    /// <param name="path">From <see cref="PathFor"/>; its directory is made when missing.</param>
    /// <param name="fileDate">The date of the source file, for a CSV in which no row has a date.</param>
    /// <returns>The registry that is now the user's.</returns>
    /// <exception cref="RegistryFormatException">The source is not IANA's file or is damaged.</exception>
    /// <exception cref="IOException">The source cannot be read or the file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not the user's.</exception>
    public static ServiceRegistry Update(Stream source, string path, DateOnly fileDate)
    {
        ArgumentNullException.ThrowIfNull(path);
        var published = IanaRegistry.Read(source);
        ServiceRegistry registry;
        byte[] file;
        try
        {
            registry = ServiceRegistry.Build(published.Rows, published.Updated ?? fileDate, out file);
        }
        catch (InvalidOperationException exception)
        {
            throw new RegistryFormatException(1, 1, exception.Message, exception);
        }

        Save(file, path);
        return registry;
    }

    /// <summary>Removes the user's registry, sound or not, so that the built-in one is used again.</summary>
    /// <param name="path">From <see cref="PathFor"/>.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="IOException">The file cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not the user's, or the path is a directory.</exception>
    public static bool Forget(string path)
    {
        // A link that leads nowhere does not "exist" and is removed all the same.
        if (!File.Exists(path) && new FileInfo(path).LinkTarget is null && !Directory.Exists(path))
        {
            return false;
        }

        File.Delete(path);
        return true;
    }

    // A reader sees the old file or the new one, never a part: the new one is complete on the disk before it takes the name.
    private static void Save(byte[] file, string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(directory);
        var temporary = Path.Combine(directory, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        try
        {
            using (var stream = NamedFile.Open(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
            }))
            {
                stream.Write(file);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            // Gone already when the move succeeded.
            File.Delete(temporary);
        }
    }
}
