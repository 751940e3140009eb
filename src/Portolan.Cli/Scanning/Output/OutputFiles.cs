using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Options;
using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning.Output;

/// <summary>The files of a run, opened before anything is sent, and the writers of their formats.</summary>
internal sealed class OutputFiles : IDisposable
{
    private readonly List<IDisposable> _open = [];
    private readonly List<IScanObserver> _writers = [];

    /// <summary>The writers, in the order the files were named.</summary>
    public IReadOnlyList<IScanObserver> Writers => _writers;

    /// <summary>Opens every file.</summary>
    /// <exception cref="PortolanException">One cannot be written; nothing was sent. Exit code 3.</exception>
    public static OutputFiles Open(OutputRequest request, CommandContext context, ScanOutputOptions options)
    {
        var files = new OutputFiles();
        try
        {
            foreach (var file in request.Files)
            {
                var stream = file.IsStdout ? context.Output : OpenFile(file, request.Append);
                if (!file.IsStdout)
                {
                    files._open.Add(stream);
                }

                var writer = Make(file.Format, stream, options);
                files._writers.Add(writer);
                if (writer is IDisposable disposable)
                {
                    // Before its stream.
                    files._open.Insert(0, disposable);
                }
            }

            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var open in _open)
        {
            open.Dispose();
        }

        _open.Clear();
    }

    private static IScanObserver Make(OutputFormat format, Stream stream, ScanOutputOptions options) => format switch
    {
        OutputFormat.Xml => new NmapXmlWriter(stream, options),
        OutputFormat.Grepable => new GrepableWriter(stream, options),
        OutputFormat.JsonLines => new JsonLinesWriter(stream, options),
        _ => new NormalWriter(stream, options),
    };

    private static NamedOutputStream OpenFile(OutputFile file, bool append)
    {
        try
        {
            // Writers flush what belongs together; a buffer of the stream's own would only hold it back.
            var mode = append ? FileMode.Append : FileMode.Create;
            var stream = NamedFile.Open(file.Path, new FileStreamOptions { Mode = mode, Access = FileAccess.Write, BufferSize = 0 });
            return new NamedOutputStream(stream, file.Option, file.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var folder = Path.GetDirectoryName(file.Path);
            var hint = folder is { Length: > 0 } && !Directory.Exists(folder)
                ? NamedFile.MakingFolder(folder)
                : $"give a file that this user may write";
            throw new PortolanException(
                $"{file.Option}: cannot write {file.Path}: {NamedFile.WhyNot(e, file.Path, FileAccess.Write)}", hint, ExitCode.Failed, e);
        }
    }
}
