using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;
using Portolan.Watch.Watching;

namespace Portolan.Watch.Alerts;

/// <summary>Events that a receiver has not accepted yet.</summary>
/// <param name="Message">They.</param>
/// <param name="Last">The number of the last change up to which they are all.</param>
/// <param name="IsSending">They are those of a message that may have reached the receiver: it is sent again as it was.</param>
public sealed record PendingAlert(AlertMessage Message, long Last, bool IsSending);

/// <summary>
/// What receivers have not accepted yet. The changes are in the store anyway; a receiver is the number of the last one that it accepted. So
/// an outage loses nothing, and however long it takes, memory stays as it is.
/// </summary>
/// <remarks>Any thread. The store is opened once, and again after an error.</remarks>
/// <param name="open">Opens the store.</param>
/// <param name="machine">The machine whose events these are.</param>
/// <param name="clock">The time.</param>
public sealed class Outbox(Func<HistoryStore> open, string machine, TimeProvider clock) : IDisposable
{
    /// <summary>The most events of a message.</summary>
    public const int MostEvents = 1000;

    // Changes of hosts that were scanned lie between those of this machine.
    private const int MostRead = 4 * MostEvents;

    private readonly Lock _gate = new();
    private HistoryStore? _store;
    private DateTime _madeAt;

    /// <summary>
    /// Notes the receivers that there are. A new one begins after the newest change; one that is no more is forgotten.
    /// </summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void Register(IReadOnlyCollection<string> receivers)
    {
        ArgumentNullException.ThrowIfNull(receivers);
        Write(store =>
        {
            var known = store.Deliveries.All();
            foreach (var gone in known.Where(record => !receivers.Contains(record.Receiver)))
            {
                store.Deliveries.Remove(gone.Receiver);
            }

            var newest = store.Changes.Newest;
            foreach (var name in receivers.Where(name => !known.Exists(record => record.Receiver == name)))
            {
                store.Deliveries.Set(new DeliveryRecord(name, newest, null, clock.GetUtcNow()));
            }
        });
    }

    /// <summary>What a receiver has not accepted yet; <c>null</c> where that is nothing.</summary>
    /// <exception cref="PortolanException">The store cannot be read or written.</exception>
    public PendingAlert? Find(AlertRoute route)
    {
        ArgumentNullException.ThrowIfNull(route);
        while (true)
        {
            var (found, events, record) = Do(store =>
            {
                var (at, reader) = (Of(store, route.Name), new HistoryReader(store));
                var changes = reader.ChangesAfter(at.Accepted, at.Sending, MostRead);
                return (changes, FlapRule.Events(reader, changes.Where(change => change.Machine == machine)).ToList(), at);
            });
            if (found.Count == 0)
            {
                // Of a message that may have reached it nothing is left: the store was pruned meanwhile.
                if (record.Sending is { } gone)
                {
                    Accept(route.Name, gone);
                    continue;
                }

                return null;
            }

            var wanted = events.Where(route.Takes).Take(MostEvents).ToList();
            var last = wanted.Count == MostEvents ? wanted[^1].Stored.Id : found[^1].Id;
            if (wanted.Count > 0)
            {
                return new PendingAlert(AlertMessage.Of(route.Name, wanted), record.Sending ?? last, record.Sending is not null);
            }

            Accept(route.Name, record.Sending ?? last);
        }
    }

    /// <summary>Notes that a message is about to be sent, so that it has the same events whenever it is sent again.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void Begin(string receiver, long last) => Write(store => store.Deliveries.Set(
        Of(store, receiver) with { Sending = last, At = clock.GetUtcNow() }));

    /// <summary>Notes that a receiver has all up to a change.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void Accept(string receiver, long last) => Write(
        store => store.Deliveries.Set(new DeliveryRecord(receiver, last, null, clock.GetUtcNow())));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            Close();
        }
    }

    // Another file may have taken the store's place, or a damaged one was repaired without this row.
    private DeliveryRecord Of(HistoryStore store, string receiver) =>
        store.Deliveries.Find(receiver) ?? new DeliveryRecord(receiver, store.Changes.Newest, null, clock.GetUtcNow());

    private void Write(Action<HistoryStore> write) => Do(store =>
    {
        store.Begin();
        try
        {
            write(store);
            store.Commit();
            return true;
        }
        catch
        {
            store.RollBack();
            throw;
        }
    });

    // A store that was damaged is another file once it is repaired; the one that is open has another name then.
    private static DateTime MadeAt(HistoryStore store) => new FileInfo(store.Path).CreationTimeUtc;

    private void Close()
    {
        _store?.Dispose();
        _store = null;
    }

    private T Do<T>(Func<HistoryStore, T> work)
    {
        lock (_gate)
        {
            try
            {
                if (_store is { } old && MadeAt(old) != _madeAt)
                {
                    Close();
                }

                if (_store is null)
                {
                    _store = open();
                    _madeAt = MadeAt(_store);
                }

                return work(_store);
            }
            catch (PortolanException)
            {
                Close();
                throw;
            }
        }
    }
}
