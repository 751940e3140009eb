namespace Portolan.Server.Lab;

/// <summary>The file of <c>--pcap</c>.</summary>
internal static class CaptureOutput
{
    private const int BufferSize = 1 << 16;

    /// <summary>Sees that it can be made, before anything is started.</summary>
    /// <exception cref="PortolanException">Its folder is not there.</exception>
    internal static void CheckFolder(string? file)
    {
        if (file is not null && Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
        {
            throw new PortolanException($"there is no folder {folder} for --pcap", $"make it, or name another file", ExitCode.Usage);
        }
    }

    /// <summary>Makes it.</summary>
    /// <returns><c>null</c> when none is wanted.</returns>
    /// <exception cref="PortolanException">It may not be written.</exception>
    internal static FileStream? Open(string? file)
    {
        try
        {
            return file is null ? null : NamedFile.Open(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = BufferSize });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException($"cannot write {file}: {NamedFile.WhyNot(exception, file!, FileAccess.Write)}", $"name a file of your own with --pcap", ExitCode.Failed, exception);
        }
    }
}
