using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Linux.Terminals;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Cli.Listing;

/// <summary>Takes a listing and prints it.</summary>
internal sealed class ListRunner
{
    /// <summary>How long a key may wait.</summary>
    private static readonly TimeSpan KeyTime = TimeSpan.FromMilliseconds(100);

    private readonly ListRequest _request;
    private readonly CommandContext _context;
    private readonly ListReader _reader;

    /// <summary>Reads the filter, so that a wrong one is an error before anything is done.</summary>
    public ListRunner(ListRequest request, CommandContext context)
    {
        var filter = ListShorthand.Expand(request.Filter, () => context.Machine.FilterNames(request.AllNamespaces), out var hasName);
        _request = filter is null ? request : request with { Filter = filter, Owners = request.Owners || (hasName && !request.Lab) };
        _context = context;
        _reader = new ListReader(_request, context);
    }

    /// <summary>Lists once, or again and again when watching.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        if (_request.Watch is not { } interval)
        {
            var listing = Take(cancellationToken);
            Print(listing);
            ReportMissing(listing);
            return ExitCode.Success;
        }

        Watch(interval, cancellationToken);
        return ExitCode.Success;
    }

    private void Watch(TimeSpan interval, CancellationToken cancellationToken)
    {
        _context.EndInOrder();
        var events = _request.Format == ListFormat.Json ? new SocketEvents(_context.Output) : null;
        using var keys = _context.InputIsTerminal && _context.OutputIsTerminal ? _context.OpenKeys() : null;
        for (var look = 1; ; look++)
        {
            var listing = Take(cancellationToken);
            if (events is not null)
            {
                events.Write(listing);
            }
            else
            {
                Separate(look);
                Print(listing);
            }

            if (look == 1)
            {
                ReportMissing(listing);
            }

            if (look == _request.Count)
            {
                return;
            }

            if (!Wait(interval, keys, cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Waits for the next look.</summary>
    /// <returns>Whether there is one: q ends it.</returns>
    private bool Wait(TimeSpan interval, ITerminalKeys? keys, CancellationToken cancellationToken)
    {
        Span<byte> pressed = stackalloc byte[64];
        for (var left = interval; left > TimeSpan.Zero; left -= KeyTime)
        {
            cancellationToken.WaitHandle.WaitOne(keys is null || left < KeyTime ? left : KeyTime);
            cancellationToken.ThrowIfCancellationRequested();
            if (keys is null)
            {
                return true;
            }

            if (pressed[..keys.Take(pressed)].Contains((byte)'q'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Clears the screen, but not what was scrolled off it before; elsewhere an empty line stands between two looks.</summary>
    private void Separate(int look)
    {
        if (_context.OutputIsTerminal && _context.Environment("TERM") is not (null or "" or "dumb"))
        {
            _context.Writer.Write("\x1b[H\x1b[J"u8);
        }
        else if (look > 1 && _request.Format != ListFormat.Csv)
        {
            _context.Writer.WriteLine();
        }
    }

    private TakenListing Take(CancellationToken cancellationToken)
    {
        var listing = _reader.Take(cancellationToken);
        listing.Facts.Names = HostNames.Find(_request, listing.Facts, listing.Rows, () => _context.Machine.Resolver, cancellationToken);
        return listing;
    }

    private void Print(TakenListing listing)
    {
        var facts = listing.Facts;
        var rows = Order(listing);
        switch (_request.Format)
        {
            case ListFormat.Json:
                JsonOutput.WriteDocument(_context.Output, json =>
                    new SocketJson(facts).WriteDocument(
                        json, rows, listing.TakenAt, facts.Snapshot.Lab?.Name ?? Survey.Host, listing.Forwards, listing.Missing));
                break;
            case ListFormat.Csv:
                var csv = new Utf8Writer(_context.Output);
                new SocketCsv(facts, Columns(facts)) { Heading = _request.Heading }.Write(rows, csv);
                csv.Flush();
                break;
            case ListFormat.Netstat:
                new NetstatRenderer(facts, _request).Write(rows, _context.Writer);
                break;
            default:
                new TableRenderer(facts, Columns(facts))
                {
                    Heading = _request.Heading,
                    Color = _context.OutputColor,
                    Width = _request is { OneLine: false } ? _context.OutputWidth : null,
                    Details = _request.Info || _request.Memory ? new DetailLine(facts, _request) : null,
                }.Write(rows, _context.Writer);
                if (_request is { Heading: true, Columns: null })
                {
                    ListedForwards.Write(_context.Writer, listing.Forwards ?? [], _context.OutputColor);
                }

                break;
        }

        _context.Flush();
    }

    private SocketRows Order(TakenListing listing)
    {
        var (facts, rows) = (listing.Facts, listing.Rows);
        if (_request.Sort.Count > 0)
        {
            return RowOrder.By(rows, facts.Sockets, [.. _request.Sort.Select(s => (ColumnCatalog.Create(s.Column, facts), s.Descending))]);
        }

        var isSortedByItself = _request.Format == ListFormat.Table && _context.OutputIsTerminal
            && rows.Count <= RowOrder.MostRowsSortedByItself;
        return isSortedByItself ? RowOrder.ByDefault(rows, facts.Sockets) : rows;
    }

    // A loop: a sequence would be put together in rented arrays.
    private Column[] Columns(SocketFacts facts)
    {
        var names = _request.ColumnNames;
        var columns = new Column[names.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = ColumnCatalog.Create(names[i], facts);
        }

        return columns;
    }

    private void ReportMissing(TakenListing listing)
    {
        // The document says it itself.
        if (_request.Format != ListFormat.Json)
        {
            foreach (var line in SourceNotes.Lines(listing.Facts.Snapshot))
            {
                ErrorLines.Write(_context, $"portolan: {line}");
            }

            Survey.Report(_context, listing.Missing);
        }
    }
}
